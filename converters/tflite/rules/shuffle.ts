import { intOf, shapeOf, stringOf } from '../../../src/passes/kit/values.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'

const isByColumn = (mode: string): boolean => mode === 'CRD'

/** Pixels that lie side by side among the channels, as torch has them: the runtime has them a whole set of channels apart, which another order of channels makes up for. */
export const shuffleForms: readonly Rule[] = [
  rule('reorder-pixel-shuffle', p => p.DepthToSpace(p.x).where(n => isByColumn(stringOf(n, 'mode', 'DCR'))), ({ root, x }, make, refuse) => {
    const size = intOf(root, 'blocksize', 1)
    const channels = shapeOf(x)?.[1]
    if (typeof channels !== 'number' || size < 1) return refuse('the channels are not known')
    const [places, depth] = [size * size, channels / (size * size)]
    const order = Array.from({ length: writtenOut(channels) }, (_, i) => (i % depth) * places + Math.floor(i / depth))
    return make.DepthToSpace(make.Gather(x, make.ints(order), { axis: 1 }), { blocksize: size })
  }),
  rule('reorder-pixel-unshuffle', p => p.SpaceToDepth(p.x).where(n => isByColumn(stringOf(n, 'mode', 'DCR'))), ({ root, x }, make, refuse) => {
    const size = intOf(root, 'blocksize', 1)
    const depth = shapeOf(x)?.[1]
    if (typeof depth !== 'number' || size < 1) return refuse('the channels are not known')
    const places = size * size
    const order = Array.from({ length: writtenOut(depth * places) }, (_, i) => (i % places) * depth + Math.floor(i / places))
    return make.Gather(make.SpaceToDepth(x, { blocksize: size }), make.ints(order), { axis: 1 })
  }),
]
