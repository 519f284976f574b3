import { unknownDim } from '../../../src/ir/dim.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, rankOf, tfliteOperator } from '../operator.ts'

/** Indices, depth, the value at the index and elsewhere; an index outside gives none. */
export const ONE_HOT: TfliteOperator = tfliteOperator({
  name: 'ONE_HOT',
  options: 'OneHotOptions',
  infer(ctx) {
    const [shape, depth] = [ctx.shape(0), ctx.shapeValue(1)?.[0] ?? unknownDim()]
    const given = ctx.attributes.int('axis', 0)
    const axis = shape && (given < 0 ? given + shape.length + 1 : given)
    ctx.output(0, ctx.dtype(2), shape && [...shape.slice(0, axis), depth, ...shape.slice(axis)])
  },
  decompose(b, node) {
    const [indices, depth, on, off] = node.inputs
    const axis = optionsOf(node).int('axis', 0)
    const places = b.op('Range', [b.scalar(0, 'int32'), depth, b.scalar(1, 'int32')])
    const rank = rankOf(indices)
    if (rank === undefined || dtypeOf(indices) !== 'int32') return undefined
    const at = axis < 0 ? axis + rank + 1 : axis
    const shaped = b.op('Unsqueeze', [places, b.ints(Array.from({ length: rank - at }, (_, i) => i + 1))])
    return [b.op('Where', [b.op('Equal', [b.op('Unsqueeze', [indices, b.ints([at])]), rank - at > 0 ? shaped : places]), on, off])]
  },
  takes: { dtypes: [['int32', 'int64'], ['int32'], ['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16']] },
})
