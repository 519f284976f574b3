import { read, stage } from '../expr/expr.ts'
import { elementCount } from '../ir/types.ts'
import { computeConvolution, inferConvolution } from './kit/conv.ts'
import { rangeOf, zeroAt } from './kit/quantize.ts'
import type { Buffer, Operator } from './operator.ts'

export const QLinearConv: Operator = {
  name: 'QLinearConv',
  widening: 'never',
  infer: ctx => ctx.output(0, ctx.dtype(7) ?? ctx.dtype(0), inferConvolution(ctx, 0, 3)),
  compute(k) {
    const [x, xScale, xZero, w, wScale, wZero, yScale, yZero] = Array.from({ length: 8 }, (_, i) => k.input(i)) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
    const bias = k.has(8) ? k.input(8) : undefined
    const [low, high] = rangeOf(k.outputDType(0))
    const one = (b: Buffer) => read(b, b.shape.map(() => 0))
    const channels = w.shape[0]!
    const several = elementCount(wScale.shape) > 1
    const ratio = stage([channels], 'float32', m => one(xScale).mul(several ? read(wScale, [m!]) : one(wScale)).div(one(yScale)))
    return [
      computeConvolution(k, {
        x,
        w,
        sums: 'int32',
        onImage: e => e.sub(zeroAt(xZero, e)),
        onWeight: (e, channel) => e.sub(zeroAt(wZero, channel)),
        finish: (sum, channel) =>
          (bias ? sum.add(read(bias, [channel])) : sum).to('double').mul(read(ratio, [channel]).to('double')).add(one(yZero).to('double')).apply('round').clamp(low, high).to('int'),
      }),
    ]
  },
  decompose(b, node) {
    const [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias] = node.inputs
    const real = [b.op('DequantizeLinear', [x, xScale, xZero]), b.op('DequantizeLinear', [w, wScale, wZero], { axis: 0 })]
    const added = bias ? [b.op('Mul', [b.op('Cast', [bias], { to: 1 }), b.op('Mul', [xScale, wScale])])] : []
    return [b.op('QuantizeLinear', [b.op('Conv', [...real, ...added], node.attributes), yScale, yZero])]
  },
}
