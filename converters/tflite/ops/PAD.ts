import { padding } from '../kit/pad.ts'
import type { TfliteOperator } from '../operator.ts'

/** Data and pads, [axes, before and after]; the padding is zero. */
export const PAD: TfliteOperator = padding('PAD', 'PadOptions', (b, x, pads) => b.op('Pad', [x, pads], { mode: 'constant' }), { maxRank: 5 })
