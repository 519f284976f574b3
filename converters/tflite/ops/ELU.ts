import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const ELU: TfliteOperator = unary('ELU', 'Elu')
