import { numbersOf } from '../../../src/passes/kit/values.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { TfliteOperator } from '../operator.ts'
import { rankOf, tfliteOperator, versionBy } from '../operator.ts'

export const TRANSPOSE: TfliteOperator = tfliteOperator({
  name: 'TRANSPOSE',
  host: [1],
  options: 'TransposeOptions',
  infer(ctx) {
    const [shape, order] = [ctx.shape(0), ctx.constant(1)]
    if (shape === undefined || order === undefined) return ctx.output(0, ctx.dtype(0), shape && unknownShape(shape.length))
    if (order.length !== shape.length || new Set(order).size !== order.length || order.some(a => shape[a] === undefined)) ctx.fail(`order ${order.join()} of [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), order.map(a => shape[a]!))
  },
  decompose(b, node) {
    const order = numbersOf(node.inputs[1])
    return order && [b.op('Transpose', [node.inputs[0]], { perm: order })]
  },
  version: node => (rankOf(node.inputs[0])! > 5 ? 6 : rankOf(node.inputs[0])! > 4 ? 4 : versionBy({ bool: 3, int8: 2, int16: 5 })(node)),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16'], ['int32']], maxRank: 6 },
})
