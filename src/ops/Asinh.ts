import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Asinh: Operator = unaryOperator('Asinh', x => x.apply('asinh'), {
  downgrade: {
    9: inDoubles((b, x, n) => {
      const size = b.op('Abs', [x])
      const value = b.op('Log', [b.op('Add', [size, b.op('Sqrt', [b.op('Add', [b.op('Mul', [x, x]), n(1)])])])])
      return b.op('Mul', [b.op('Sign', [x]), value])
    }),
  },
})
