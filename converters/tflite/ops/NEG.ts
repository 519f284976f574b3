import { numbers, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const NEG: TfliteOperator = unary('NEG', 'Neg', { options: 'NegOptions', takes: { dtypes: [numbers] } })
