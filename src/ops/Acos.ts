import { unaryOperator } from './kit/elementwise.ts'
import { byFormula } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Acos: Operator = unaryOperator('Acos', x => x.apply('acos'), {
  decompose: byFormula(({ x, op }) => op('Mul', op('Atan', op('Sqrt', op('Div', op('Sub', 1, x), op('Add', x, 1)))), 2)),
})
