import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Atanh: Operator = unaryOperator('Atanh', x => x.apply('atanh'))
