import { evaluateRandom, inferRandomLike, normalOf } from './kit/random.ts'
import type { Operator } from './operator.ts'

export const RandomNormalLike: Operator = {
  name: 'RandomNormalLike',
  impure: true,
  infer: inferRandomLike,
  evaluate: ctx => evaluateRandom(ctx, normalOf(ctx)),
}
