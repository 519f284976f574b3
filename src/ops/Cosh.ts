import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Cosh: Operator = unaryOperator('Cosh', x => x.apply('cosh'))
