import { numberAt, placeIn, sequenceAt } from './kit/host.ts'
import type { Operator } from './operator.ts'

export const SequenceErase: Operator = {
  name: 'SequenceErase',
  infer: ctx => ctx.outputType(0, ctx.type(0)),
  evaluate(ctx) {
    const all = sequenceAt(ctx, 0)
    const at = placeIn(ctx, numberAt(ctx, 1, -1), all.length)
    return [all.filter((_, i) => i !== at)]
  },
}
