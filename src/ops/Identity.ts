import { knownElements } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Identity: Operator = {
  name: 'Identity',
  widening: 'ordered',
  infer(ctx) {
    const type = ctx.type(0)
    if (type?.kind === 'tensor') ctx.output(0, type.dtype, type.shape, knownElements(ctx, 0))
    else ctx.outputType(0, type)
  },
  evaluate: ctx => [ctx.inputs[0] ?? null],
  decompose: (_, node) => [node.inputs[0]],
}
