import { dtypeOf, formulaOperator, nodeAttributes } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Swish: Operator = {
  ...formulaOperator('Swish', (m, [x], attributes) => m.mul(x, m.sigmoid(m.mul(x, attributes.float('alpha', 1))))),
  decompose(b, node) {
    const [x] = node.inputs
    const dtype = dtypeOf(x)
    if (!x || !dtype) return undefined
    const alpha = nodeAttributes(node).float('alpha', 1)
    return [b.op('Mul', [x, b.op('Sigmoid', [alpha === 1 ? x : b.op('Mul', [x, b.scalar(alpha, dtype)])])])]
  },
}
