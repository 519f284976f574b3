import { int64Tensor } from '../ir/tensor.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { cutsOf } from './kit/cuts.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Ends beyond 2^53 mean everything. */
const whole = (n: number): number | bigint => (Number.isSafeInteger(n) ? n : n > 0 ? 2n ** 63n - 1n : -(2n ** 63n))

export const sliceRules: readonly Rule[] = [
  rule('merge-slices-of-axes', p => p.op('Slice', p.op('Slice', p.x).rest().shared().as('first')).rest(), ({ root, nodes, x }, make, refuse) => {
    const [before, after] = [cutsOf(nodes['first']!), cutsOf(root)]
    if (before === undefined || after === undefined) return refuse('they are not constant')
    if ([...after.keys()].some(axis => before.has(axis))) return refuse('both cut the same axis')
    const cuts = [...before, ...after].sort(([a], [b]) => a - b)
    const list = (values: readonly number[]) => make.constant(int64Tensor(values.map(whole)))
    const bounds = [0, 1, 2].map(part => list(cuts.map(([, cut]) => cut[part]!)))
    return make.op('Slice', [x, bounds[0], bounds[1], list(cuts.map(([axis]) => axis)), bounds[2]])
  }),
]

/** One Slice in place of two that cut different axes. */
export const mergeSlices: Pass = rulesPass('merge-slices', sliceRules)
