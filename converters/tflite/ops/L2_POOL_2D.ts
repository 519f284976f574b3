import { pool2d } from '../kit/pool.ts'
import type { TfliteOperator } from '../operator.ts'

/** The root of the mean of squares. */
export const L2_POOL_2D: TfliteOperator = pool2d('L2_POOL_2D', 'AveragePool', { before: (b, x) => b.op('Mul', [x, x]), after: (b, y) => b.op('Sqrt', [y]) })
