import { computeLoss, inferLoss } from './kit/loss.ts'
import type { Operator } from './operator.ts'

export const NegativeLogLikelihoodLoss: Operator = {
  name: 'NegativeLogLikelihoodLoss',
  infer: inferLoss,
  compute: k => [computeLoss(k, k.input(0))],
}
