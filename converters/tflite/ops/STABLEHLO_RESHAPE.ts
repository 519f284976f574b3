import { staticShape } from '../../../src/ir/types.ts'
import { noKernel } from '../kit/hlo.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** In the shape of the output (`output_types`). */
export const STABLEHLO_RESHAPE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_RESHAPE',
  infer: ctx => ctx.output(0, ctx.dtype(0), statedType(ctx.node)?.shape),
  decompose(b, node) {
    const shape = staticShape(statedType(node)?.shape)
    return shape && [b.op('Reshape', [node.inputs[0], b.ints(shape)], { allowzero: true })]
  },
  takes: noKernel,
})
