import { evaluateRandom, inferRandomLike, uniformOf } from './kit/random.ts'
import type { Operator } from './operator.ts'

export const RandomUniformLike: Operator = {
  name: 'RandomUniformLike',
  impure: true,
  infer: inferRandomLike,
  evaluate: ctx => evaluateRandom(ctx, uniformOf(ctx)),
}
