import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const LOGICAL_OR: TfliteOperator = binary('LOGICAL_OR', 'Or', { gives: 'bool', options: 'LogicalOrOptions', takes: { dtypes: [['bool']], broadcastRank: 4 } })
