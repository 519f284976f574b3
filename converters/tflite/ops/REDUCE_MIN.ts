import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const REDUCE_MIN: TfliteOperator = reduction('REDUCE_MIN', 'ReduceMin', { version: versionBy({ int8: 2, int16: 3 }) })
