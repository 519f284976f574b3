import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Cosh: Operator = unaryOperator('Cosh', x => x.apply('cosh'), {
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Mul', [b.op('Add', [b.op('Exp', [x]), b.op('Exp', [b.op('Neg', [x])])]), n(0.5)])),
  },
})
