import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const LOGICAL_AND: TfliteOperator = binary('LOGICAL_AND', 'And', { gives: 'bool', options: 'LogicalAndOptions', takes: { dtypes: [['bool']], broadcastRank: 4 } })
