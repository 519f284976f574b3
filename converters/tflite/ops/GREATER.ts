import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const GREATER: TfliteOperator = binary('GREATER', 'Greater', { gives: 'bool', options: 'GreaterOptions', version: versionBy({ int8: 2 }) })
