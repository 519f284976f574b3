import { binaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const BitwiseXor: Operator = binaryOperator('BitwiseXor', (a, b) => a.xor(b))
