import { modDims } from '../../../src/ir/dim.ts'
import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, versionBy } from '../operator.ts'

/** The remainder has the divisor's sign. */
export const FLOOR_MOD: TfliteOperator = binary(
  'FLOOR_MOD',
  (b, x, y) => (dtypeOf(x) === 'float32' ? b.op('Sub', [x, b.op('Mul', [b.op('Floor', [b.op('Div', [x, y])]), y])]) : b.op('Mod', [x, y])),
  { options: 'FloorModOptions', onSizes: (a, d) => (typeof d === 'number' && d > 0 ? modDims(a, d) : undefined), version: versionBy({ int16: 2, int8: 2 }) },
)
