import type { Value } from '../../../src/ir/model.ts'
import { floats } from '../kit/elementwise.ts'
import { inferKept, keepHard } from '../kit/non-max.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Boxes [n, 4] of two corners, scores [n], the most to keep, thresholds of overlap and score; places, as many as the most, then zeros, and how many there are. */
export const NON_MAX_SUPPRESSION_V4: TfliteOperator = tfliteOperator({
  name: 'NON_MAX_SUPPRESSION_V4',
  host: [2],
  options: 'NonMaxSuppressionV4Options',
  infer(ctx) {
    ctx.output(0, 'int32', [inferKept(ctx)])
    ctx.output(1, 'int32', [])
  },
  decompose(b, node) {
    const { places, count } = keepHard(b, node.inputs as [Value, Value, Value, Value, Value])
    return [places, count]
  },
  takes: { dtypes: [floats, floats, ['int32'], floats, floats] },
})
