import { unaryOperator } from './kit/elementwise.ts'
import { inDoubles } from './kit/older.ts'
import { byFormula } from './kit/trigonometry.ts'
import type { Operator } from './operator.ts'

export const Cosh: Operator = unaryOperator('Cosh', x => x.apply('cosh'), {
  decompose: byFormula(({ x, op }) => {
    const half = op('Exp', op('Mul', op('Abs', x), 0.5))
    const power = op('Mul', op('Mul', half, 0.5), half)
    return op('Add', power, op('Div', 0.25, power))
  }),
  downgrade: {
    9: inDoubles((b, x, n) => b.op('Mul', [b.op('Add', [b.op('Exp', [x]), b.op('Exp', [b.op('Neg', [x])])]), n(0.5)])),
  },
})
