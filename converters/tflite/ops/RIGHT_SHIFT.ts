import { bitsOf } from '../../../src/ir/dtype.ts'
import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf } from '../operator.ts'

/** Keeps the sign. The amount is at least 0 and at most one bit less than the width. */
export const RIGHT_SHIFT: TfliteOperator = binary(
  'RIGHT_SHIFT',
  (b, x, by) => {
    const dtype = dtypeOf(by) ?? 'int32'
    return b.op('BitShift', [x, b.op('Clip', [by, b.scalar(0, dtype), b.scalar(bitsOf(dtype) - 1, dtype)])], { direction: 'RIGHT' })
  },
  { options: 'RightShiftOptions', takes: { dtypes: [['int32', 'int16', 'int8', 'uint8', 'uint16', 'uint32']], broadcastRank: 4 } },
)
