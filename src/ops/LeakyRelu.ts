import { formulaOperator } from './kit/algebra.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const LeakyRelu: Operator = formulaOperator('LeakyRelu', (m, [x], attributes) => m.whereLess(x, 0, m.mul(x, attributes.float('alpha', 0.01)), x), consumed)
