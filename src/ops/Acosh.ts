import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Acosh: Operator = unaryOperator('Acosh', x => x.apply('acosh'), {
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Log', [b.op('Add', [x, b.op('Sqrt', [b.op('Sub', [b.op('Mul', [x, x]), n(1)])])])])),
  },
})
