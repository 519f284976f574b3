import { formulaOperator } from './kit/algebra.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Reciprocal: Operator = formulaOperator('Reciprocal', (m, [x]) => m.div(1, x), consumed)
