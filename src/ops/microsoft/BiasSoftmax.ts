import type { Value } from '../../ir/model.ts'
import { nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { inferBroadcast } from '../kit/elementwise.ts'
import type { Operator } from '../operator.ts'

/** Softmax over all axes from `axis` on of the sum. The bias broadcasts as shapes do. */
export const BiasSoftmax: Operator = {
  name: 'BiasSoftmax',
  domain: 'com.microsoft',
  infer: ctx => inferBroadcast(ctx),
  decompose(b, node) {
    const sum = b.op('Add', node.inputs)
    const rank = shapeOf(sum)?.length
    if (rank === undefined) return undefined
    const axis = nodeAttributes(node).int('axis', 1)
    const from = axis < 0 ? axis + rank : axis
    const softmax = (x: Value, at: number): Value => b.op('Softmax', [x], { axis: at })
    if (from === rank - 1) return [softmax(sum, -1)]
    return [b.op('Reshape', [softmax(b.op('Flatten', [sum], { axis: from }), 1), b.op('Shape', [sum])])]
  },
}
