import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const FLOOR: TfliteOperator = unary('FLOOR', 'Floor')
