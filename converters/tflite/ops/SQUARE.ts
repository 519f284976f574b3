import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const SQUARE: TfliteOperator = unary('SQUARE', (b, x) => b.op('Mul', [x, x]), { options: 'SquareOptions' })
