import { formulaOperator } from './kit/algebra.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Elu: Operator = formulaOperator('Elu', (m, [x], attributes) => m.whereLess(x, 0, m.mul(m.expm1(m.min(x, 0)), attributes.float('alpha', 1)), x), consumed)
