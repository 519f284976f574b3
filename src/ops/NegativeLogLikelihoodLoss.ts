import { computeLoss, decomposeLoss, inferLoss } from './kit/loss.ts'
import type { Operator } from './operator.ts'

export const NegativeLogLikelihoodLoss: Operator = {
  name: 'NegativeLogLikelihoodLoss',
  infer: inferLoss,
  compute: k => [computeLoss(k, k.input(0))],
  decompose(b, node) {
    const loss = decomposeLoss(b, node, node.inputs[0]!)
    return loss && [loss]
  },
}
