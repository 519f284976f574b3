import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const LESS_EQUAL: TfliteOperator = binary('LESS_EQUAL', 'LessOrEqual', { gives: 'bool', options: 'LessEqualOptions', version: versionBy({ int8: 2 }) })
