import { addDims } from '../../../src/ir/dim.ts'
import { binary, numbers } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const ADD: TfliteOperator = binary('ADD', 'Add', { options: 'AddOptions', onSizes: addDims, version: versionBy({ int8: 2, int64: 4, int16: 5 }), takes: { dtypes: [numbers], broadcastRank: 6 } })
