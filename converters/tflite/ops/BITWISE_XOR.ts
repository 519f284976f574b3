import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const BITWISE_XOR: TfliteOperator = binary('BITWISE_XOR', 'BitwiseXor', {
  options: 'BitwiseXorOptions',
  takes: { dtypes: [['int32', 'int16', 'int8', 'uint8', 'uint16', 'uint32']], broadcastRank: 4 },
})
