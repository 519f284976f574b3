import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const SUM: TfliteOperator = reduction('SUM', 'ReduceSum', { version: versionBy({ int8: 2 }) })
