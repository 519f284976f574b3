import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_LOGISTIC: TfliteOperator = elementwise('STABLEHLO_LOGISTIC', 'Sigmoid')
