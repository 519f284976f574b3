import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const SIN: TfliteOperator = unary('SIN', 'Sin')
