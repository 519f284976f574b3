import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const LOGISTIC: TfliteOperator = unary('LOGISTIC', 'Sigmoid', { version: versionBy({ int8: 2, int16: 3 }) })
