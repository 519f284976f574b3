import type { Value } from '../../../src/ir/model.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { floats } from '../kit/elementwise.ts'
import { inferKept, keepHard, keepSoft } from '../kit/non-max.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** As version 4, with sigma: above 0, scores fall with the overlap. Places, scores, and how many there are. */
export const NON_MAX_SUPPRESSION_V5: TfliteOperator = tfliteOperator({
  name: 'NON_MAX_SUPPRESSION_V5',
  host: [2],
  options: 'NonMaxSuppressionV5Options',
  infer(ctx) {
    const length = inferKept(ctx)
    ctx.output(0, 'int32', [length])
    ctx.output(1, 'float32', [length])
    ctx.output(2, 'int32', [])
  },
  decompose(b, node) {
    const [boxes, scores, limit, overlap, least, sigma] = node.inputs as [Value, Value, Value, Value, Value, Value]
    const inputs = [boxes, scores, limit, overlap, least] as const
    const kept = numbersOf(sigma)?.[0] === 0 ? keepHard(b, inputs) : keepSoft(b, inputs, sigma)
    return [kept.places, kept.scores, kept.count]
  },
  takes: { dtypes: [floats, floats, ['int32'], floats] },
})
