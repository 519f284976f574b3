import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const HARD_SWISH: TfliteOperator = unary('HARD_SWISH', 'HardSwish', { options: 'HardSwishOptions' })
