import { read } from '../expr/expr.ts'
import { computeConvolution, inferConvolution, sumsOf } from './kit/conv.ts'
import type { Operator } from './operator.ts'

export const Conv: Operator = {
  name: 'Conv',
  infer: ctx => ctx.output(0, ctx.dtype(0), inferConvolution(ctx)),
  compute(k) {
    const bias = k.has(2) ? k.input(2) : undefined
    return [
      computeConvolution(k, {
        x: k.input(0),
        w: k.input(1),
        sums: sumsOf(k.outputDType(0)),
        finish: (sum, channel) => (bias ? sum.add(read(bias, [channel])) : sum),
      }),
    ]
  },
}
