import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_LOG: TfliteOperator = elementwise('STABLEHLO_LOG', 'Log')
