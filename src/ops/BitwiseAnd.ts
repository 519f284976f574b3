import { binaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const BitwiseAnd: Operator = binaryOperator('BitwiseAnd', (a, b) => a.and(b))
