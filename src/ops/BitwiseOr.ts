import { binaryOperator } from './kit/elementwise.ts'
import { bitByBit } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const BitwiseOr: Operator = binaryOperator('BitwiseOr', (a, b) => a.or(b), { downgrade: { 18: bitByBit((b, x, y) => b.op('Sub', [b.op('Add', [x, y]), b.op('Mul', [x, y])])) } })
