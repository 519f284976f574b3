import { staticShape } from '../../../src/ir/types.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Counts along an axis, from 0; type and shape are the output's (`output_types`). */
export const STABLEHLO_IOTA: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_IOTA',
  options: 'StablehloIotaOptions',
  infer(ctx) {
    const type = statedType(ctx.node)
    const axis = ctx.attributes.int('iota_dimension', 0)
    if (type?.shape && (axis < 0 || axis >= type.shape.length)) ctx.fail(`axis ${axis} of [${type.shape.join()}]`)
    ctx.output(0, type?.dtype, type?.shape)
  },
  decompose(b, node) {
    const type = statedType(node)
    const shape = staticShape(type?.shape)
    const axis = optionsOf(node).int('iota_dimension', 0)
    if (type === undefined || shape === undefined) return undefined
    const count = b.op('Cast', [b.op('Range', [b.int(0), b.int(shape[axis]!), b.int(1)])], { to: numberOfDType(type.dtype) })
    return [b.op('Expand', [b.op('Reshape', [count, b.ints(shape.map((d, i) => (i === axis ? d : 1)))], { allowzero: true }), b.ints(shape)])]
  },
  takes: noKernel,
})
