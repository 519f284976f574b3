import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const LOG: TfliteOperator = unary('LOG', 'Log', { version: versionBy({ int8: 2, int16: 2 }) })
