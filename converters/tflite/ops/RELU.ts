import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const RELU: TfliteOperator = unary('RELU', 'Relu', { version: versionBy({ int8: 2, uint8: 2, int16: 3 }) })
