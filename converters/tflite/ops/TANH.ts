import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const TANH: TfliteOperator = unary('TANH', 'Tanh', { version: versionBy({ int8: 2, int16: 3 }) })
