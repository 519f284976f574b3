import { groupNorm, inferGroupNorm } from '../kit/group-norm.ts'
import type { Operator } from '../operator.ts'

export const GroupNorm: Operator = {
  name: 'GroupNorm',
  domain: 'com.microsoft',
  infer: inferGroupNorm,
  decompose(b, node) {
    const y = node.inputs[0] && groupNorm(b, node, node.inputs[0])
    return y && [y]
  },
}
