import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Atan: Operator = unaryOperator('Atan', x => x.apply('atan'))
