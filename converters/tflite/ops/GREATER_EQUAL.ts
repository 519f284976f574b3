import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const GREATER_EQUAL: TfliteOperator = binary('GREATER_EQUAL', 'GreaterOrEqual', { gives: 'bool', options: 'GreaterEqualOptions', version: versionBy({ int8: 2, int16: 3 }) })
