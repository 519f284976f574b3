import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { noKernel } from '../kit/hlo.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Elements as the type of the output (`output_types`). */
export const STABLEHLO_CONVERT: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_CONVERT',
  infer: ctx => ctx.output(0, statedType(ctx.node)?.dtype, ctx.shape(0)),
  decompose(b, node) {
    const to = statedType(node)?.dtype
    return to && [b.op('Cast', [node.inputs[0]], { to: numberOfDType(to) })]
  },
  takes: noKernel,
})
