import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const BitwiseNot: Operator = unaryOperator('BitwiseNot', x => x.not())
