import { modDims } from '../../../src/ir/dim.ts'
import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

/** The remainder has the divisor's sign. */
export const FLOOR_MOD: TfliteOperator = binary(
  'FLOOR_MOD',
  'Mod',
  { options: 'FloorModOptions', onSizes: (a, d) => (typeof d === 'number' && d > 0 ? modDims(a, d) : undefined), version: versionBy({ int16: 2, int8: 2 }) },
)
