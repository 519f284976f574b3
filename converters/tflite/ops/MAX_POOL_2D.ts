import { pool2d } from '../kit/pool.ts'
import type { TfliteOperator } from '../operator.ts'

export const MAX_POOL_2D: TfliteOperator = pool2d('MAX_POOL_2D', 'MaxPool')
