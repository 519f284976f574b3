import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Erf: Operator = unaryOperator('Erf', x => x.apply('erf'))
