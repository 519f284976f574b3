import type { Operator } from './operator.ts'

export const Optional: Operator = {
  name: 'Optional',
  infer(ctx) {
    const declared = ctx.node.attributes['type']
    const of = ctx.has(0) ? ctx.type(0) : declared?.type === 'type' ? declared.value : undefined
    ctx.outputType(0, of && { kind: 'optional', of })
  },
  evaluate: ctx => [ctx.inputs[0] ?? null],
}
