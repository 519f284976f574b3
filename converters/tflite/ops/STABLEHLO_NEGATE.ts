import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_NEGATE: TfliteOperator = elementwise('STABLEHLO_NEGATE', 'Neg')
