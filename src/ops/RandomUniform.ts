import { evaluateRandom, inferRandom, uniformOf } from './kit/random.ts'
import type { Operator } from './operator.ts'

export const RandomUniform: Operator = {
  name: 'RandomUniform',
  impure: true,
  infer: inferRandom,
  evaluate: ctx => evaluateRandom(ctx, uniformOf(ctx)),
}
