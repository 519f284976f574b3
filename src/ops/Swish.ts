import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Swish: Operator = formulaOperator('Swish', (m, [x], attributes) => m.mul(x, m.sigmoid(m.mul(x, attributes.float('alpha', 1)))))
