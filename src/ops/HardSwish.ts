import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const HardSwish: Operator = formulaOperator('HardSwish', (m, [x]) => m.mul(x, m.max(m.min(m.add(m.div(x, 6), 0.5), 1), 0)))
