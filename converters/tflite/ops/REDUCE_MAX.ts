import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const REDUCE_MAX: TfliteOperator = reduction('REDUCE_MAX', 'ReduceMax', { version: versionBy({ int8: 2, int16: 3 }) })
