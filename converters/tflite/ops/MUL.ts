import { mulDims } from '../../../src/ir/dim.ts'
import { binary, numbers } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const MUL: TfliteOperator = binary('MUL', 'Mul', { options: 'MulOptions', onSizes: mulDims, version: versionBy({ int8: 2, int64: 5, complex64: 6, int16: 7, uint32: 7 }), takes: { dtypes: [[...numbers, 'uint32']], broadcastRank: 6 } })
