import { nodeAttributes } from '../kit/algebra.ts'
import { fusedActivation, fusedProduct } from '../kit/fused.ts'
import type { Operator } from '../operator.ts'

export const FusedMatMulActivation: Operator = fusedProduct('FusedMatMulActivation', (b, node, product) => {
  const attributes = nodeAttributes(node)
  const [alpha, beta, gamma] = ['alpha', 'beta', 'gamma'].map(name => attributes.float(`activation_${name}`))
  const name = attributes.string('activation', '')
  return name === 'Softmax' ? b.op('Softmax', [product], { axis: attributes.int('activation_axis', -1) }) : fusedActivation(b, product, name, { alpha, beta, gamma })
})
