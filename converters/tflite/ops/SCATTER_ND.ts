import type { Value } from '../../../src/ir/model.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Indices, updates and the shape; what is written twice is added up, what is not written is zero. */
export const SCATTER_ND: TfliteOperator = tfliteOperator({
  name: 'SCATTER_ND',
  host: [2],
  options: 'ScatterNdOptions',
  infer(ctx) {
    const rank = ctx.shape(2)?.[0]
    ctx.output(0, ctx.dtype(1), ctx.shapeValue(2) ?? (typeof rank === 'number' ? unknownShape(rank) : undefined))
  },
  decompose(b, node) {
    const [indices, updates, shape] = node.inputs as [Value, Value, Value]
    const zeros = b.op('Expand', [b.scalar(0, dtypeOf(updates) ?? 'float32'), toInt64(b, shape)])
    return [b.op('ScatterND', [zeros, toInt64(b, indices), updates], { reduction: 'add' })]
  },
  takes: { dtypes: [['int32'], ['float32', 'int32', 'int64', 'uint8', 'int8', 'bool'], ['int32']] },
})
