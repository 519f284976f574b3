import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_ABS: TfliteOperator = elementwise('STABLEHLO_ABS', 'Abs')
