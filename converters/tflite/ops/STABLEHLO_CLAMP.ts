import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** The least, data, the greatest: bounds for each element, or one for all. */
export const STABLEHLO_CLAMP: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_CLAMP',
  infer: ctx => ctx.output(0, ctx.dtype(1), ctx.shape(1)),
  decompose: (b, { inputs: [least, x, most] }) => [b.op('Min', [b.op('Max', [x, least]), most])],
  takes: noKernel,
})
