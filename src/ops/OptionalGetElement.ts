import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const OptionalGetElement: Operator = {
  name: 'OptionalGetElement',
  infer(ctx) {
    const type = ctx.type(0)
    ctx.outputType(0, type?.kind === 'optional' ? type.of : type)
  },
  evaluate: ctx => [ctx.inputs[0] ?? ctx.fail('the optional holds nothing')],
  downgrade: {
    18(step) {
      const [x] = step.node.inputs
      if (x?.type && x.type.kind !== 'optional') become(step, x)
    },
  },
}
