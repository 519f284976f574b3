import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { cutsOf } from './kit/cuts.ts'
import { sizesOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Ends beyond 2^53 mean everything. */
const whole = (n: number): number | bigint => (Number.isSafeInteger(n) ? n : n > 0 ? 2n ** 63n - 1n : -(2n ** 63n))

export const sliceRules: readonly Rule[] = [
  rule('merge-slices', p => p.op('Slice', p.op('Slice', p.x).rest().shared().as('first')).rest(), ({ root, nodes, x }, make, refuse) => {
    const first = nodes['first']!
    const [before, after, sizes] = [cutsOf(first), cutsOf(root), sizesOf(x)]
    if (before === undefined || after === undefined) return refuse('the bounds are not constant')
    const merged = new Map(before)
    for (const [axis, [start, end, step]] of after) {
      const inner = before.get(axis)
      if (inner === undefined) {
        merged.set(axis, [start, end, step])
        continue
      }
      const size = sizes?.[axis]
      if (first.outputs[0]!.uses.size > 1) return refuse('both cut one axis, and the first is used besides')
      if (size === undefined || inner[2] !== 1 || step < 1 || inner[0] < 0 || inner[1] < 0 || start < 0 || end < 0) return refuse('both cut one axis in ways that do not add up')
      merged.set(axis, [inner[0] + start, Math.min(inner[0] + end, inner[1], size), step])
    }
    const cuts = [...merged].sort(([a], [b]) => a - b)
    const list = (values: readonly number[]) => make.ints(values.map(whole))
    return make.Slice(x, ...([0, 1] as const).map(part => list(cuts.map(([, cut]) => cut[part]))), list(cuts.map(([axis]) => axis)), list(cuts.map(([, cut]) => cut[2])))
  }),
]

/** One Slice in place of two, where the cuts of an axis add up. */
export const mergeSlices: Pass = rulesPass('merge-slices', sliceRules)
