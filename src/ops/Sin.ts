import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Sin: Operator = unaryOperator('Sin', x => x.apply('sin'))
