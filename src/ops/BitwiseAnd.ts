import { binaryOperator } from './kit/elementwise.ts'
import { bitByBit } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const BitwiseAnd: Operator = binaryOperator('BitwiseAnd', (a, b) => a.and(b), { downgrade: { 18: bitByBit((b, x, y) => b.op('Mul', [x, y])) } })
