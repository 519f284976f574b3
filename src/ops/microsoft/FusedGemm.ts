import { float } from '../../ir/attribute.ts'
import { Gemm } from '../Gemm.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { fusedActivation } from '../kit/fused.ts'
import type { Operator } from '../operator.ts'

export const FusedGemm: Operator = {
  name: 'FusedGemm',
  domain: 'com.microsoft',
  infer: Gemm.infer,
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const init = { transA: attributes.int('transA', 0), transB: attributes.int('transB', 0), alpha: float(attributes.float('alpha', 1)), beta: float(attributes.float('beta', 1)) }
    const [alpha, beta, gamma] = ['alpha', 'beta', 'gamma'].map(name => attributes.float(`activation_${name}`))
    const y = fusedActivation(b, b.op('Gemm', node.inputs, init), attributes.string('activation', ''), { alpha, beta, gamma })
    return y && [y]
  },
}
