import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Atanh: Operator = unaryOperator('Atanh', x => x.apply('atanh'), {
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Mul', [b.op('Log', [b.op('Div', [b.op('Add', [n(1), x]), b.op('Sub', [n(1), x])])]), n(0.5)])),
  },
})
