import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_POWER: TfliteOperator = elementwise('STABLEHLO_POWER', 'Pow')
