import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Round: Operator = unaryOperator('Round', x => x.apply('round'))
