import { inlineTensor } from '../ir/tensor.ts'
import type { Operator } from './operator.ts'

export const OptionalHasElement: Operator = {
  name: 'OptionalHasElement',
  infer: ctx => ctx.output(0, 'bool', []),
  evaluate: ctx => [inlineTensor('bool', [], Uint8Array.of(ctx.inputs[0] === undefined || ctx.inputs[0] === null ? 0 : 1))],
  downgrade: {
    18(step) {
      if (step.node.inputs[0] === undefined) step.refuse('its input is left out')
    },
  },
}
