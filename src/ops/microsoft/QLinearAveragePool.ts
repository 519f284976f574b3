import { read, stage } from '../../expr/expr.ts'
import { AveragePool } from '../AveragePool.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { asChannelsFirst, inChannelsLast } from '../kit/channels-last.ts'
import { integerAt, oneOf, realAt } from '../kit/qlinear.ts'
import { dequantized, gridAt, quantized } from '../kit/requantize.ts'
import type { AttributeReader, ComputeContext, Operator } from '../operator.ts'

/** With `count_include_pad` every window counts all of its places, also those that hang over the padding (onnxruntime's kernel). */
function wholeWindows(k: ComputeContext): AttributeReader {
  const kernel = k.attributes.ints('kernel_shape') ?? []
  const ints = (name: string) => (name === 'pads' ? [...(k.attributes.ints('pads') ?? kernel.flatMap(() => [0, 0]))].map((n, i) => (i < kernel.length ? n : n + kernel[i - kernel.length]!)) : k.attributes.ints(name))
  return k.attributes.int('count_include_pad', 0) === 0 ? k.attributes : { ...k.attributes, ints }
}

/** The mean of the numbers that the integers stand for. */
export const QLinearAveragePool: Operator = {
  name: 'QLinearAveragePool',
  domain: 'com.microsoft',
  infer: inChannelsLast(AveragePool.infer),
  computeRefuses: k => (k.attributes.int('channels_last', 0) === 1 ? 'its channels come last' : undefined),
  compute(k) {
    const x = k.input(0)
    const [from, to] = [gridAt(k, 1), gridAt(k, 3)]
    const real = stage(x.shape, 'float32', (...i) => dequantized(read(x, i), from))
    const [mean] = AveragePool.compute!({ ...k, attributes: wholeWindows(k), input: () => real, outputDType: () => 'float32' })
    return [stage(k.outputShape(0), x.dtype, (...i) => quantized(read(mean!, i), to, x.dtype))]
  },
  decompose(b, node) {
    if (nodeAttributes(node).int('channels_last', 0) === 1) return asChannelsFirst(b, node, 'com.microsoft::QLinearAveragePool')
    const { channels_last: _, ...attributes } = node.attributes
    return oneOf(integerAt(b, node, b.op('AveragePool', [realAt(b, node, 0)], attributes), 3))
  },
}
