import { inlineTensor } from '../ir/tensor.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const OptionalHasElement: Operator = {
  name: 'OptionalHasElement',
  infer: ctx => ctx.output(0, 'bool', []),
  evaluate: ctx => [inlineTensor('bool', [], Uint8Array.of(ctx.inputs[0] === undefined || ctx.inputs[0] === null ? 0 : 1))],
  downgrade: {
    18(step) {
      const type = step.node.inputs[0]?.type
      if (step.node.inputs[0] === undefined || (type && type.kind !== 'optional')) become(step, step.b.scalar(type ? 1 : 0, 'bool'))
    },
  },
}
