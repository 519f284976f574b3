import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import { byFormula, log1p } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Acosh: Operator = unaryOperator('Acosh', x => x.apply('acosh'), {
  decompose: byFormula(m => {
    const { x, op } = m
    const above = op('Sub', op('Where', op('Less', x, 1e15), x, 1e15), 1)
    const small = log1p(m, op('Add', above, op('Sqrt', op('Mul', above, op('Add', above, 2)))))
    return op('Where', op('Less', x, 1e15), small, op('Add', op('Log', x), Math.LN2))
  }),
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Log', [b.op('Add', [x, b.op('Sqrt', [b.op('Sub', [b.op('Mul', [x, x]), n(1)])])])])),
  },
})
