import type { Node } from '../ir/model.ts'
import { int64Tensor } from '../ir/tensor.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { numbersOf, rankOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

interface Cut {
  readonly axis: number
  readonly start: number
  readonly end: number
  readonly step: number
}

/** What a Slice by constants does to each axis it names. */
function cutsOf(node: Node): readonly Cut[] | undefined {
  const rank = rankOf(node.inputs[0])
  const [starts, ends] = [numbersOf(node.inputs[1]), numbersOf(node.inputs[2])]
  const axes = node.inputs[3] ? numbersOf(node.inputs[3]) : starts?.map((_, i) => i)
  const steps = node.inputs[4] ? numbersOf(node.inputs[4]) : starts?.map(() => 1)
  if (rank === undefined || starts === undefined || ends === undefined || axes === undefined || steps === undefined) return undefined
  return axes.map((a, i) => ({ axis: a < 0 ? a + rank : a, start: starts[i]!, end: ends[i]!, step: steps[i]! }))
}

/** Ends beyond 2^53 mean everything. */
const whole = (n: number): number | bigint => (Number.isSafeInteger(n) ? n : n > 0 ? 2n ** 63n - 1n : -(2n ** 63n))

export const sliceRules: readonly Rule[] = [
  rule('merge-slices', p => p.op('Slice', p.op('Slice', p.x).rest().shared().as('first')).rest(), ({ root, nodes, x }, make, refuse) => {
    const [before, after] = [cutsOf(nodes['first']!), cutsOf(root)]
    if (before === undefined || after === undefined) return refuse('they are not constant')
    if (after.some(c => before.some(d => d.axis === c.axis))) return refuse('both cut the same axis')
    const cuts = [...before, ...after].sort((a, b) => a.axis - b.axis)
    const list = (of: (cut: Cut) => number) => make.constant(int64Tensor(cuts.map(c => whole(of(c)))))
    return make.op('Slice', [x, list(c => c.start), list(c => c.end), list(c => c.axis), list(c => c.step)])
  }),
]

/** One Slice in place of two that cut different axes. */
export const mergeSlices: Pass = rulesPass('merge-slices', sliceRules)
