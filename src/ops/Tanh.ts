import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Tanh: Operator = unaryOperator('Tanh', x => x.apply('tanh'), consumed)
