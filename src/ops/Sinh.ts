import type { Value } from '../ir/model.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import { byFormula, odd } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Sinh: Operator = unaryOperator('Sinh', x => x.apply('sinh'), {
  decompose: byFormula(m => {
    const { op } = m
    return odd(m, size => {
      // near 0 the two powers cancel: a series does
      const square = op('Mul', size, size)
      const series = [1 / 362880, 1 / 5040, 1 / 120, 1 / 6, 1].reduce<Value | number>((sum, c) => (sum === 0 ? c : op('Add', op('Mul', sum, square), c)), 0)
      const half = op('Exp', op('Mul', size, 0.5))
      const power = op('Mul', op('Mul', half, 0.5), half)
      return op('Where', op('Less', size, 1), op('Mul', size, series), op('Sub', power, op('Div', 0.25, power)))
    })
  }),
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Mul', [b.op('Sub', [b.op('Exp', [x]), b.op('Exp', [b.op('Neg', [x])])]), n(0.5)])),
  },
})
