import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Sinh: Operator = unaryOperator('Sinh', x => x.apply('sinh'), {
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Mul', [b.op('Sub', [b.op('Exp', [x]), b.op('Exp', [b.op('Neg', [x])])]), n(0.5)])),
  },
})
