import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Softplus: Operator = formulaOperator('Softplus', (m, [x]) => m.add(m.max(x, 0), m.log1p(m.exp(m.neg(m.abs(x))))))
