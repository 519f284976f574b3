import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_SHIFT_LEFT: TfliteOperator = {
  ...elementwise('STABLEHLO_SHIFT_LEFT', (b, inputs) => b.op('BitShift', inputs, { direction: 'LEFT' }), { dtypes: [['int8', 'int16', 'int32', 'uint8', 'uint32']] }),
  options: 'StablehloShiftLeftOptions',
}
