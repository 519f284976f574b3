import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const COS: TfliteOperator = unary('COS', 'Cos', { options: 'CosOptions' })
