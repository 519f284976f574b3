import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const EQUAL: TfliteOperator = binary('EQUAL', 'Equal', { gives: 'bool', options: 'EqualOptions', version: versionBy({ int8: 2, string: 3, int16: 4 }), takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'string']], broadcastRank: 4 } })
