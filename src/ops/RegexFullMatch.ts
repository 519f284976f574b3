import { inlineTensor } from '../ir/tensor.ts'
import { fullMatcher } from './kit/regex.ts'
import type { Operator } from './operator.ts'

export const RegexFullMatch: Operator = {
  name: 'RegexFullMatch',
  infer: ctx => ctx.output(0, 'bool', ctx.shape(0)),
  evaluate(ctx) {
    const { shape, strings = [] } = ctx.tensor(0)
    const pattern = ctx.attributes.string('pattern') ?? ctx.fail('no pattern')
    const matches = fullMatcher(pattern, message => ctx.fail(`pattern ${JSON.stringify(pattern.slice(0, 200))}: ${message}`))
    return [inlineTensor('bool', shape, Uint8Array.from(strings, s => (matches(s) ? 1 : 0)))]
  },
}
