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
    for (let o = 0; o < ctx.outputCount; o++) ctx.outputType(o, results[o] && { kind: 'sequence', of: results[o] })
  },
}
