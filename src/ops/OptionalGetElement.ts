import type { Operator } from './operator.ts'

export const OptionalGetElement: Operator = {
  name: 'OptionalGetElement',
  infer(ctx) {
    const type = ctx.type(0)
    ctx.outputType(0, type?.kind === 'optional' ? type.of : type)
  },
  evaluate: ctx => [ctx.inputs[0] ?? ctx.fail('the optional holds nothing')],
}
