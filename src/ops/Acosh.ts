import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Acosh: Operator = unaryOperator('Acosh', x => x.apply('acosh'))
