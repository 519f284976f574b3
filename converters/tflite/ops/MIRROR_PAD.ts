import { optionsOf } from '../kit/attributes.ts'
import { padding } from '../kit/pad.ts'
import type { TfliteOperator } from '../operator.ts'

export const MIRROR_PAD: TfliteOperator = padding('MIRROR_PAD', 'MirrorPadOptions', (b, x, pads, node) => (optionsOf(node).string('mode', 'REFLECT') === 'REFLECT' ? b.op('Pad', [x, pads], { mode: 'reflect' }) : undefined), {})
