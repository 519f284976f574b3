import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_SUBTRACT: TfliteOperator = elementwise('STABLEHLO_SUBTRACT', 'Sub')
