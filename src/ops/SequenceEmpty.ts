import { dtypeOfNumber } from './kit/datatype.ts'
import type { Operator } from './operator.ts'

export const SequenceEmpty: Operator = {
  name: 'SequenceEmpty',
  infer(ctx) {
    const dtype = dtypeOfNumber(ctx.attributes.int('dtype', 1)) ?? ctx.fail(`dtype ${ctx.attributes.int('dtype')}`)
    ctx.outputType(0, { kind: 'sequence', of: { kind: 'tensor', dtype, shape: undefined } })
  },
  evaluate: () => [[]],
}
