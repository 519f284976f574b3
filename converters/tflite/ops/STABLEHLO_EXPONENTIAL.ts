import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_EXPONENTIAL: TfliteOperator = elementwise('STABLEHLO_EXPONENTIAL', 'Exp')
