import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Tan: Operator = unaryOperator('Tan', x => x.apply('tan'))
