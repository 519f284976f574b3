import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const SQUARED_DIFFERENCE: TfliteOperator = binary(
  'SQUARED_DIFFERENCE',
  (b, x, y) => {
    const d = b.op('Sub', [x, y])
    return b.op('Mul', [d, d])
  },
  { options: 'SquaredDifferenceOptions', version: versionBy({ int8: 2 }), takes: { dtypes: [['float32', 'int32']], broadcastRank: 4 } },
)
