import { dimEquals } from '../../ir/dim.ts'
import { shapeEquals } from '../../ir/types.ts'
import { cutsOf } from '../../passes/kit/cuts.ts'
import { intOf, numbersOf, permOf, rankOf, shapeOf } from '../../passes/kit/values.ts'
import { rule } from '../../rewrite/pattern.ts'
import type { Rule } from '../../rewrite/rule.ts'

/** Where each place of a block of these sizes comes from when its axes are put in another order. */
export function shuffledIndices(sizes: readonly number[], order: readonly number[]): number[] {
  const strides = sizes.map((_, i) => sizes.slice(i + 1).reduce((a, b) => a * b, 1))
  let out = [0]
  for (const axis of order) out = out.flatMap(base => Array.from({ length: sizes[axis]! }, (_, i) => base + i * strides[axis]!))
  return out
}

export const shuffleRules: readonly Rule[] = [
  rule('gather-for-channel-shuffle', p => p.Reshape(p.Transpose(p.Reshape(p.x, p.s).as('split')).as('turn'), p.t), ({ x, root, nodes }, make, refuse) => {
    const [from, split] = [shapeOf(x), shapeOf(nodes['split']!.outputs[0])]
    if (from === undefined || split === undefined || from.length < 3) return refuse('the shapes are not known')
    if (!shapeEquals(from, shapeOf(root.outputs[0]))) return refuse('the shape changes')
    const parts = split.length - from.length + 1
    const factors = split.slice(1, 1 + parts)
    if (parts < 2 || !factors.every(d => typeof d === 'number') || !dimEquals(split[0]!, from[0]!) || !from.slice(2).every((d, i) => dimEquals(d, split[1 + parts + i]!))) return refuse('other axes than the channels are split')
    const order = permOf(nodes['turn']!, rankOf(nodes['turn']!.inputs[0])!)
    if (order.some((a, i) => (i < 1 || i > parts) && a !== i)) return refuse('other axes than the channels move')
    return make.Gather(x, make.ints(shuffledIndices(factors, order.slice(1, 1 + parts).map(a => a - 1))), { axis: 1 })
  }),
  rule('slice-of-gather', p => p.Slice(p.Gather(p.x, p.constant('i')).shared().as('gather')).rest(), ({ x, root, nodes }, make, refuse) => {
    const gather = nodes['gather']!
    const [cuts, indices] = [cutsOf(root), numbersOf(gather.inputs[1])]
    const axis = intOf(gather, 'axis', 0)
    const cut = cuts?.get(axis < 0 ? axis + rankOf(x)! : axis)
    if (indices === undefined || rankOf(gather.inputs[1]) !== 1 || cut === undefined || cuts!.size !== 1) return refuse('it cuts other axes')
    const [start, end, step] = cut
    if (step < 1 || start < 0 || end < 0) return refuse('it counts from the end')
    return make.Gather(x, make.ints(indices.slice(start, end).filter((_, i) => i % step === 0)), { axis })
  }),
]
