import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Acos: Operator = unaryOperator('Acos', x => x.apply('acos'))
