import { formulaOperator } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const Softsign: Operator = formulaOperator('Softsign', (m, [x]) => m.div(x, m.add(m.abs(x), 1)))
