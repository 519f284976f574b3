import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const NOT_EQUAL: TfliteOperator = binary('NOT_EQUAL', (b, x, y) => b.op('Not', [b.op('Equal', [x, y])]), { gives: 'bool', options: 'NotEqualOptions', version: versionBy({ int8: 2, string: 3 }), takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'string']], broadcastRank: 4 } })
