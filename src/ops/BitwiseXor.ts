import { binaryOperator } from './kit/elementwise.ts'
import { bitByBit } from './kit/older.ts'
import { dtypeOf } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const BitwiseXor: Operator = binaryOperator('BitwiseXor', (a, b) => a.xor(b), { downgrade: { 18: bitByBit((b, x, y) => b.op('Sub', [b.op('Add', [x, y]), b.op('Mul', [b.op('Mul', [x, y]), b.scalar(2, dtypeOf(x)!)])])) } })
