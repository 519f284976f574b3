import { mergeTypes } from './kit/merge.ts'
import type { Operator } from './operator.ts'

export const If: Operator = {
  name: 'If',
  control: true,
  infer(ctx) {
    const taken = ctx.constant(0)?.[0]
    const [yes, no] = [ctx.subgraph(ctx.attributes.graph('then_branch'), []), ctx.subgraph(ctx.attributes.graph('else_branch'), [])]
    if (yes.length !== no.length) ctx.fail(`its branches have ${yes.length} and ${no.length} outputs`)
    for (let o = 0; o < ctx.outputCount; o++) ctx.outputType(o, taken === undefined ? mergeTypes(yes[o], no[o]) : taken !== 0 ? yes[o] : no[o])
  },
}
