import { numberAt, placeIn, sequenceAt } from './kit/host.ts'
import { anew } from './kit/merge.ts'
import type { Operator } from './operator.ts'

export const SequenceAt: Operator = {
  name: 'SequenceAt',
  infer(ctx) {
    const type = ctx.type(0)
    ctx.outputType(0, type?.kind === 'sequence' ? anew(type.of) : undefined)
  },
  evaluate(ctx) {
    const all = sequenceAt(ctx, 0)
    return [all[placeIn(ctx, numberAt(ctx, 1, 0), all.length)]!]
  },
}
