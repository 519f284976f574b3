import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Sinh: Operator = unaryOperator('Sinh', x => x.apply('sinh'))
