import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Gelu: Operator = formulaOperator('Gelu', (m, [x], attributes) => {
  const inner =
    attributes.string('approximate', 'none') === 'tanh'
      ? m.tanh(m.mul(m.mul(x, m.add(m.mul(m.mul(x, x), 0.044715), 1)), Math.sqrt(2 / Math.PI)))
      : m.erf(m.mul(x, Math.SQRT1_2))
  return m.mul(m.mul(x, 0.5), m.add(inner, 1))
})
