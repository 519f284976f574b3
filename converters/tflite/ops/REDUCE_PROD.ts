import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const REDUCE_PROD: TfliteOperator = reduction('REDUCE_PROD', 'ReduceProd', { version: versionBy({ int8: 2, int16: 2 }) })
