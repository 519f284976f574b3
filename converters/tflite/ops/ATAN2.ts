import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

/** The angle of (y, x), between -pi and pi. */
export const ATAN2: TfliteOperator = binary(
  'ATAN2',
  (b, y, x) => {
    const zero = b.scalar(0, 'float32')
    const half = b.op('Atan', [b.op('Div', [y, x])])
    const turn = b.op('Where', [b.op('Less', [y, zero]), b.scalar(-Math.PI, 'float32'), b.scalar(Math.PI, 'float32')])
    const full = b.op('Where', [b.op('Less', [x, zero]), b.op('Add', [half, turn]), half])
    const upright = b.op('Where', [b.op('Equal', [y, zero]), zero, b.op('Mul', [turn, b.scalar(0.5, 'float32')])])
    return b.op('Where', [b.op('Equal', [x, zero]), upright, full])
  },
  { options: 'ATan2Options', takes: { dtypes: [['float32']] } },
)
