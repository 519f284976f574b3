import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const SwiGLU: Operator = formulaOperator('SwiGLU', (m, [a, b], attributes) => m.mul(m.mul(a, m.sigmoid(m.mul(a, attributes.float('alpha', 1)))), b!))
