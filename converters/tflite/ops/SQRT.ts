import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const SQRT: TfliteOperator = unary('SQRT', 'Sqrt')
