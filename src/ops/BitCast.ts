import { inlineTensor } from '../ir/tensor.ts'
import { bitsOf } from '../ir/dtype.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import type { Operator } from './operator.ts'

export const BitCast: Operator = {
  name: 'BitCast',
  widening: 'never',
  infer(ctx) {
    const to = dtypeOfNumber(ctx.attributes.int('to')) ?? ctx.fail('to names no element type')
    const from = ctx.dtype(0)
    if (to === 'string' || (from && bitsOf(from) !== bitsOf(to))) ctx.fail(`the bits of ${from} are not those of ${to}`)
    ctx.output(0, to, ctx.shape(0))
  },
  evaluate: ctx => [inlineTensor(ctx.outputDType(0), ctx.tensor(0).shape, ctx.tensor(0).peek()!)],
}
