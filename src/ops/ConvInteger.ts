import { tensorType } from '../ir/types.ts'
import { computeConvolution, inferConvolution } from './kit/conv.ts'
import { convolveExactly } from './kit/integer-product.ts'
import { zeroAt } from './kit/quantize.ts'
import { convolveInDoubles } from './kit/quantize-forms.ts'
import type { Operator } from './operator.ts'

export const ConvInteger: Operator = {
  name: 'ConvInteger',
  widening: 'never',
  infer: ctx => ctx.outputType(0, tensorType('int32', inferConvolution(ctx))),
  compute(k) {
    const [xZero, wZero] = [2, 3].map(i => (k.has(i) ? k.input(i) : undefined))
    return [
      computeConvolution(k, {
        x: k.input(0),
        w: k.input(1),
        sums: 'int32',
        onImage: e => (xZero ? e.sub(zeroAt(xZero, e)) : e),
        onWeight: (e, channel) => (wZero ? e.sub(zeroAt(wZero, channel)) : e),
        finish: e => e,
      }),
    ]
  },
  decompose(b, node) {
    const sums = convolveExactly(b, node)
    return sums && [sums]
  },
  downgrade: { 10: convolveInDoubles },
}
