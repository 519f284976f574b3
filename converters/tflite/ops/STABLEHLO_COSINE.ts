import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_COSINE: TfliteOperator = elementwise('STABLEHLO_COSINE', 'Cos')
