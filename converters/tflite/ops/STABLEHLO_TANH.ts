import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_TANH: TfliteOperator = elementwise('STABLEHLO_TANH', 'Tanh')
