import { inlineTensor } from '../ir/tensor.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import { knownDType } from './kit/older.ts'
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
  downgrade: {
    26(step) {
      const [from, to] = [knownDType(step), dtypeOfNumber(step.attributes.int('to'))]
      if (to === undefined || [from, to].some(d => !['int', 'uint'].includes(kindOf(d)))) return step.refuse('only integers are taken for one another there')
      // integers out of range keep their low bits
      step.node.op = 'Cast'
    },
  },
}
