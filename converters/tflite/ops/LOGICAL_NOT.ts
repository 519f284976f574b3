import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const LOGICAL_NOT: TfliteOperator = unary('LOGICAL_NOT', 'Not', { options: 'LogicalNotOptions', takes: { dtypes: [['bool']] } })
