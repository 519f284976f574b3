import { evaluateRandom, inferRandom, normalOf } from './kit/random.ts'
import type { Operator } from './operator.ts'

export const RandomNormal: Operator = {
  name: 'RandomNormal',
  impure: true,
  infer: inferRandom,
  evaluate: ctx => evaluateRandom(ctx, normalOf(ctx)),
}
