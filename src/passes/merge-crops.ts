import { subDims } from '../ir/dim.ts'
import type { Node } from '../ir/model.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intsOf, numbersOf, shapeOf, stringOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** What a Slice with step 1 cuts off at the begin and at the end of each axis. */
function cropsOf(node: Node): readonly (readonly [begin: number, end: number])[] | undefined {
  const [from, to] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  const starts = numbersOf(node.inputs[1])
  const axes = node.inputs[3] ? numbersOf(node.inputs[3]) : starts?.map((_, i) => i)
  const steps = node.inputs[4] ? numbersOf(node.inputs[4]) : [1]
  if (from === undefined || to === undefined || starts === undefined || axes === undefined || steps?.some(s => s !== 1) !== false) return undefined
  const crops = from.map((): readonly [number, number] | undefined => [0, 0])
  for (const [i, a] of axes.entries()) {
    const axis = a < 0 ? a + from.length : a
    const size = from[axis]!
    const begin = starts[i]! >= 0 ? starts[i]! : typeof size === 'number' ? Math.max(0, size + starts[i]!) : undefined
    const end = begin === undefined ? undefined : subDims(subDims(size, to[axis]!), begin)
    crops[axis] = begin !== undefined && typeof end === 'number' && end >= 0 ? [begin, end] : undefined
  }
  return crops.every(c => c !== undefined) ? crops : undefined
}

export const cropRules: readonly Rule[] = [
  rule('merge-crop', p => p.op('Slice', p.op('Conv|ConvTranspose').as('made'), p.value('starts'), p.value('ends')).rest(), ({ root, nodes }, make, refuse) => {
    const node = nodes['made']!
    const crops = cropsOf(root)
    if (crops === undefined || crops.slice(0, 2).some(([b, e]) => b + e > 0)) return refuse('it does not cut spatial axes by known numbers')
    const auto = stringOf(node, 'auto_pad', 'NOTSET')
    if (!['NOTSET', 'VALID'].includes(auto) || intsOf(node, 'output_shape')) return refuse('the padding depends on the size')
    const spatial = crops.slice(2)
    const ends = [...spatial.map(c => c[0]), ...spatial.map(c => c[1])]
    const own = auto === 'VALID' ? ends.map(() => 0) : (intsOf(node, 'pads') ?? ends.map(() => 0))
    const strides = intsOf(node, 'strides') ?? spatial.map(() => 1)
    const pads = own.map((p, i) => (node.op === 'Conv' ? p - ends[i]! * strides[i % spatial.length]! : p + ends[i]!))
    if (pads.some(p => p < 0)) return refuse('it cuts more than padding')
    const { auto_pad: _, ...attributes } = node.attributes
    return make.op(node.op, node.inputs, { ...attributes, pads })
  }),
]

/** Takes what a Slice cuts off a Conv or ConvTranspose into its padding: what was cut is never computed. */
export const mergeCrops: Pass = rulesPass('merge-crops', cropRules)
