import { padding } from '../kit/pad.ts'
import type { TfliteOperator } from '../operator.ts'

/** As PAD, with the padding's value. */
export const PADV2: TfliteOperator = padding('PADV2', 'PadV2Options', (b, x, pads, node) => b.op('Pad', [x, pads, node.inputs[2]], { mode: 'constant' }), { maxRank: 5 })
