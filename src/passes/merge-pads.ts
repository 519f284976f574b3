import type { Node } from '../ir/model.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intOf, intsOf, numbersOf, rankOf, stringOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Pads of the spatial axes, begins then ends, when a Pad adds only this number there. */
function spatialPads(node: Node, filling: number): number[] | undefined {
  const rank = rankOf(node.inputs[0])
  const pads = numbersOf(node.inputs[1])
  const value = node.inputs[2] ? numbersOf(node.inputs[2]) : [0]
  if (rank === undefined || pads === undefined || stringOf(node, 'mode', 'constant') !== 'constant' || value?.[0] !== filling) return undefined
  const axes = (node.inputs[3] ? numbersOf(node.inputs[3]) : pads.slice(0, rank).map((_, i) => i))?.map(a => (a < 0 ? a + rank : a))
  if (axes === undefined || pads.length !== 2 * axes.length || pads.some(p => p < 0)) return undefined
  const out = Array<number>(2 * (rank - 2)).fill(0)
  for (const [i, axis] of axes.entries()) {
    const [begin, end] = [pads[i]!, pads[i + axes.length]!]
    if (axis < 2 && (begin !== 0 || end !== 0)) return undefined
    if (axis >= 2) {
      out[axis - 2]! += begin
      out[axis - 2 + rank - 2]! += end
    }
  }
  return out
}

export const padRules: readonly Rule[] = [
  rule('merge-pad', p => p.op('Conv|AveragePool|MaxPool', p.Pad(p.x).rest().as('pad')).rest(), ({ root, nodes }, make, refuse) => {
    const pads = spatialPads(nodes['pad']!, root.op === 'MaxPool' ? -Infinity : 0)
    if (pads === undefined) return refuse('the padding is not of neutral numbers on spatial axes')
    if (!['NOTSET', 'VALID'].includes(stringOf(root, 'auto_pad', 'NOTSET'))) return refuse('the padding of the operator depends on the size')
    const own = stringOf(root, 'auto_pad', 'NOTSET') === 'VALID' ? pads.map(() => 0) : (intsOf(root, 'pads') ?? pads.map(() => 0))
    const { auto_pad: _, ...attributes } = root.attributes
    const sum = pads.map((p, i) => p + own[i]!)
    const inputs = [nodes['pad']!.inputs[0], ...root.inputs.slice(1)]
    if (root.op === 'Conv') return make.op('Conv', inputs, { ...attributes, pads: sum })
    if (intOf(root, 'ceil_mode', 0) !== 0) return refuse('rounding up reaches beyond the padding')
    if (root.op === 'MaxPool') return root.outputs.length === 1 ? make.op('MaxPool', inputs, { ...attributes, pads: sum }) : refuse('places in the padded input are given')
    if (intOf(root, 'count_include_pad', 0) === 0 && own.some(p => p !== 0)) return refuse('some padding counts and some does not')
    return make.op('AveragePool', inputs, { ...attributes, pads: sum, count_include_pad: 1 })
  }),
]

/** Takes padding with zeros into the Conv or AveragePool that reads it, and padding with -infinity into MaxPool, where that is exact. */
export const mergePads: Pass = rulesPass('merge-pads', padRules)
