import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const ROUND: TfliteOperator = unary('ROUND', 'Round')
