import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

export const STABLEHLO_TRANSPOSE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_TRANSPOSE',
  options: 'StablehloTransposeOptions',
  infer(ctx) {
    const [shape, order] = [ctx.shape(0), ctx.attributes.ints('permutation') ?? []]
    if (shape && (order.length !== shape.length || shape.some((_, i) => !order.includes(i)))) ctx.fail(`the order ${order.join()} for [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), shape && order.map(i => shape[i]!))
  },
  decompose: (b, node) => [b.op('Transpose', [node.inputs[0]], { perm: optionsOf(node).ints('permutation') ?? [] })],
  takes: noKernel,
})
