import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import { byFormula, log1p, odd } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Asinh: Operator = unaryOperator('Asinh', x => x.apply('asinh'), {
  decompose: byFormula(m => {
    const { op } = m
    return odd(m, size => {
      const near = op('Min', size, 1e15)
      const square = op('Mul', near, near)
      const small = log1p(m, op('Add', near, op('Div', square, op('Add', op('Sqrt', op('Add', square, 1)), 1))))
      return op('Where', op('Less', size, 1e15), small, op('Add', op('Log', size), Math.LN2))
    })
  }),
  downgrade: {
    9: inDoubles((b, x, n) => {
      const size = b.op('Abs', [x])
      const value = b.op('Log', [b.op('Add', [size, b.op('Sqrt', [b.op('Add', [b.op('Mul', [x, x]), n(1)])])])])
      return b.op('Mul', [b.op('Sign', [x]), value])
    }),
  },
})
