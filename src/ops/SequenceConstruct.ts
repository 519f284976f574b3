import type { Type } from '../ir/types.ts'
import { mergeTypes } from './kit/merge.ts'
import type { Operator } from './operator.ts'

export const SequenceConstruct: Operator = {
  name: 'SequenceConstruct',
  infer(ctx) {
    const types = Array.from({ length: ctx.inputCount }, (_, i) => ctx.type(i))
    const of = types.reduce<Type | undefined>((a, b) => mergeTypes(a, b), types[0])
    ctx.outputType(0, of && { kind: 'sequence', of })
  },
  evaluate: ctx => [ctx.inputs.map((_, i) => ctx.tensor(i))],
}
