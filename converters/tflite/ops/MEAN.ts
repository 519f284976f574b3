import { reduction } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const MEAN: TfliteOperator = reduction('MEAN', 'ReduceMean', { version: versionBy({ int8: 2, int16: 3 }) })
