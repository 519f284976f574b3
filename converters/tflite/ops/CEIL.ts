import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const CEIL: TfliteOperator = unary('CEIL', 'Ceil')
