import { dequantized, notedGrains, quantized } from '../kit/grain.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Integers of a scale that the output's tensor states, out of real numbers or of integers of another scale. */
export const QUANTIZE: TfliteOperator = tfliteOperator({
  name: 'QUANTIZE',
  options: 'QuantizeOptions',
  infer(ctx) {
    const dtype = notedGrains(ctx.node)?.outputs[0]?.dtype
    if (dtype) ctx.output(0, dtype, ctx.shape(0))
    else ctx.outputType(0, undefined)
  },
  decompose(b, node) {
    const noted = notedGrains(node)
    const [from, to] = [noted?.inputs[0], noted?.outputs[0]]
    const real = from ? dequantized(b, node.inputs[0]!, from) : node.inputs[0]
    const made = real && to && quantized(b, real, to)
    return made ? [made] : undefined
  },
  version: node => (dtypeOf(node.outputs[0]) === 'int16' ? 2 : 1),
  takes: { refuses: () => 'its output has no scale' },
})
