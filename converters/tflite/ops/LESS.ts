import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const LESS: TfliteOperator = binary('LESS', 'Less', { gives: 'bool', options: 'LessOptions', version: versionBy({ int8: 2, int16: 3 }) })
