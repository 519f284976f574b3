import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** A flag for each element, or one for all; what holds, what does not. */
export const STABLEHLO_SELECT: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_SELECT',
  infer: ctx => ctx.output(0, ctx.dtype(1), ctx.shape(1)),
  decompose: (b, node) => [b.op('Where', node.inputs)],
  takes: noKernel,
})
