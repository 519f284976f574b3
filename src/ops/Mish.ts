import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Mish: Operator = {
  ...formulaOperator('Mish', (m, [x]) => m.mul(x, m.tanh(m.add(m.max(x, 0), m.log1p(m.exp(m.neg(m.abs(x)))))))),
  decompose(b, node) {
    const [x] = node.inputs
    return x && [b.op('Mul', [x, b.op('Tanh', [b.op('Softplus', [x])])])]
  },
}
