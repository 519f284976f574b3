import type { Operator } from './operator.ts'

export const SequenceMap: Operator = {
  name: 'SequenceMap',
  control: true,
  infer(ctx) {
    const body = ctx.attributes.graph('body')
    if (body.inputs.length !== ctx.inputCount) ctx.fail(`a body of ${body.inputs.length} inputs for ${ctx.inputCount}`)
    const items = Array.from({ length: ctx.inputCount }, (_, i) => {
      const type = ctx.type(i)
      return type?.kind === 'sequence' ? type.of : type
    })
    const results = ctx.subgraph(body, items)
    results.slice(0, ctx.outputCount).forEach((type, o) => ctx.outputType(o, type && { kind: 'sequence', of: type }))
  },
}
