import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import { byFormula, log1p, odd } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Atanh: Operator = unaryOperator('Atanh', x => x.apply('atanh'), {
  decompose: byFormula(m => {
    const { op } = m
    return odd(m, size => op('Mul', log1p(m, op('Div', op('Mul', size, 2), op('Sub', 1, size))), 0.5))
  }),
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Mul', [b.op('Log', [b.op('Div', [b.op('Add', [n(1), x]), b.op('Sub', [n(1), x])])]), n(0.5)])),
  },
})
