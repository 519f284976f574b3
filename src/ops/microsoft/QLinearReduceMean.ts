import { nodeAttributes } from '../kit/algebra.ts'
import { reducedShape } from '../kit/qlinear.ts'
import type { Operator } from '../operator.ts'

/** The mean over `axes` of the numbers that the integers stand for. Inputs: data with scale and zero point, scale and zero point of the result. */
export const QLinearReduceMean: Operator = {
  name: 'QLinearReduceMean',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.dtype(0), reducedShape(ctx)),
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [x, scale, zero, toScale, toZero] = node.inputs
    const type = x?.type
    if (type?.kind !== 'tensor') return undefined
    const origin = toZero ?? b.scalar(0, type.dtype)
    const mean = b.op('ReduceMean', [b.op('DequantizeLinear', [x, scale, zero]), b.ints(attributes.ints('axes') ?? [])], { keepdims: attributes.int('keepdims', 1) })
    return [b.op('QuantizeLinear', [mean, toScale, origin])]
  },
}
