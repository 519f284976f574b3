import { mergeTypes } from './kit/merge.ts'
import { numberAt, sequenceAt } from './kit/host.ts'
import type { Operator } from './operator.ts'

export const SequenceInsert: Operator = {
  name: 'SequenceInsert',
  infer(ctx) {
    const type = ctx.type(0)
    const of = type?.kind === 'sequence' ? mergeTypes(type.of, ctx.type(1)) : undefined
    ctx.outputType(0, of && { kind: 'sequence', of })
  },
  evaluate(ctx) {
    const all = sequenceAt(ctx, 0)
    const place = numberAt(ctx, 2, all.length)
    const at = place < 0 ? place + all.length : place
    if (at < 0 || at > all.length) ctx.fail(`place ${place} in a sequence of ${all.length}`)
    return [[...all.slice(0, at), ctx.tensor(1), ...all.slice(at)]]
  },
}
