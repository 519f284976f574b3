import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Asinh: Operator = unaryOperator('Asinh', x => x.apply('asinh'))
