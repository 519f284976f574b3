import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Celu: Operator = formulaOperator('Celu', (m, [x], attributes) => {
  const alpha = attributes.float('alpha', 1)
  return m.add(m.max(x, 0), m.min(m.mul(m.expm1(m.div(x, alpha)), alpha), 0))
})
