import { unknownShape } from '../../../src/ir/types.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** A shape and the element. */
export const FILL: TfliteOperator = tfliteOperator({
  name: 'FILL',
  options: 'FillOptions',
  infer(ctx) {
    const rank = ctx.shape(0)?.[0]
    const [shape, value] = [ctx.shapeValue(0), ctx.shapeValue(1)?.[0]]
    const count = shape?.length === 1 ? shape[0] : undefined
    ctx.output(0, ctx.dtype(1), shape ?? (typeof rank === 'number' ? unknownShape(rank) : undefined), value !== undefined && typeof count === 'number' && count <= 64 ? Array.from({ length: count }, () => value) : undefined)
  },
  decompose: (b, node) => [b.op('Expand', [node.inputs[1], toInt64(b, node.inputs[0]!)])],
  version: versionBy({ float16: 4, int8: 3, int16: 3, bool: 2, string: 2 }, 1),
  takes: { dtypes: [['int32', 'int64'], ['float32', 'int32', 'int64', 'bool', 'int8', 'int16', 'string', 'float16']] },
})
