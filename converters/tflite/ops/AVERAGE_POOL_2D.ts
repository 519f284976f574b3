import { pool2d } from '../kit/pool.ts'
import type { TfliteOperator } from '../operator.ts'

export const AVERAGE_POOL_2D: TfliteOperator = pool2d('AVERAGE_POOL_2D', 'AveragePool')
