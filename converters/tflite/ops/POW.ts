import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const POW: TfliteOperator = binary('POW', 'Pow', { options: 'PowOptions', takes: { dtypes: [['float32', 'int32']], broadcastRank: 4 } })
