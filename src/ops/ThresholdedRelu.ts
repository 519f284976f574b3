import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const ThresholdedRelu: Operator = formulaOperator('ThresholdedRelu', (m, [x], attributes) => m.whereLess(attributes.float('alpha', 1), x, x, 0))
