import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_FLOOR: TfliteOperator = elementwise('STABLEHLO_FLOOR', 'Floor')
