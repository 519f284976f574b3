import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Cos: Operator = unaryOperator('Cos', x => x.apply('cos'))
