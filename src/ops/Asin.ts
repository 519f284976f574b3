import { unaryOperator } from './kit/elementwise.ts'
import { byFormula } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Asin: Operator = unaryOperator('Asin', x => x.apply('asin'), {
  decompose: byFormula(({ x, op }) => op('Atan', op('Div', x, op('Sqrt', op('Mul', op('Sub', 1, x), op('Add', x, 1)))))),
})
