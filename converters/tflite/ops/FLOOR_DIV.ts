import { floorDivDims } from '../../../src/ir/dim.ts'
import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, versionBy } from '../operator.ts'

export const FLOOR_DIV: TfliteOperator = binary(
  'FLOOR_DIV',
  (b, x, y) => {
    if (dtypeOf(x) === 'float32') return b.op('Floor', [b.op('Div', [x, y])])
    const rest = b.op('Mod', [x, y])
    return b.op('Div', [b.op('Sub', [x, rest]), y])
  },
  { options: 'FloorDivOptions', onSizes: (a, d) => (typeof d === 'number' && d > 0 ? floorDivDims(a, d) : undefined), version: versionBy({ float32: 2, int16: 3, int8: 3 }), takes: { dtypes: [['float32', 'int32']], broadcastRank: 4 } },
)
