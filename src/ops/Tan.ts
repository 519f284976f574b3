import { unaryOperator } from './kit/elementwise.ts'
import { byFormula } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Tan: Operator = unaryOperator('Tan', x => x.apply('tan'), { decompose: byFormula(m => m.op('Div', m.op('Sin', m.x), m.op('Cos', m.x))) })
