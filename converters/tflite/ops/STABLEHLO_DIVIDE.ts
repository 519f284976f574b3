import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_DIVIDE: TfliteOperator = elementwise('STABLEHLO_DIVIDE', 'Div')
