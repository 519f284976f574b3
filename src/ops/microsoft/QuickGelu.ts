import { formulaOperator } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'

export const QuickGelu: Operator = formulaOperator('QuickGelu', (m, [x], attributes) => m.mul(x, m.sigmoid(m.mul(x, attributes.float('alpha', 1.702)))), { domain: 'com.microsoft' })
