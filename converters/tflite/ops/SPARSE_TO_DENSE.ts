import { unknownShape } from '../../../src/ir/types.ts'
import type { Value } from '../../../src/ir/model.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { rankOf, tfliteOperator, versionBy } from '../operator.ts'

/** Places (one each, or rows of indices), the shape, the elements there (or one for all), and the element elsewhere. */
export const SPARSE_TO_DENSE: TfliteOperator = tfliteOperator({
  name: 'SPARSE_TO_DENSE',
  host: [1],
  options: 'SparseToDenseOptions',
  infer(ctx) {
    const rank = ctx.shape(1)?.[0]
    ctx.output(0, ctx.dtype(2), ctx.shapeValue(1) ?? (typeof rank === 'number' ? unknownShape(rank) : undefined))
  },
  decompose(b, node) {
    const [indices, shape, values, otherwise] = node.inputs as [Value, Value, Value, Value]
    if (rankOf(indices) === undefined || rankOf(values) === undefined) return undefined
    const rows = rankOf(indices) === 2 ? toInt64(b, indices) : b.op('Reshape', [toInt64(b, indices), b.ints([-1, 1])])
    const start = b.op('Expand', [b.op('Reshape', [otherwise, b.ints([])]), toInt64(b, shape)])
    const count = b.op('Slice', [b.op('Shape', [rows]), b.ints([0]), b.ints([1])])
    return [b.op('ScatterND', [start, rows, b.op('Expand', [values, count])])]
  },
  version: versionBy({ int8: 3, uint8: 3, int64: 2 }, 2),
  takes: { dtypes: [['int32', 'int64'], ['int32', 'int64'], ['float32', 'int32', 'int64', 'int8', 'uint8']], maxRank: 2 },
})
