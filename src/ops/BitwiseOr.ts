import { binaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const BitwiseOr: Operator = binaryOperator('BitwiseOr', (a, b) => a.or(b))
