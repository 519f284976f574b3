import { inferBroadcast } from './kit/elementwise.ts'
import { joinStrings } from './kit/strings.ts'
import type { Operator } from './operator.ts'

export const StringConcat: Operator = {
  name: 'StringConcat',
  infer: ctx => inferBroadcast(ctx),
  evaluate: ctx => [joinStrings(ctx.tensor(0), ctx.tensor(1))],
}
