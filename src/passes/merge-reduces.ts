import { dimEquals } from '../ir/dim.ts'
import type { Dim } from '../ir/dim.ts'
import type { Node } from '../ir/model.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { shapeEquals } from '../ir/types.ts'
import { intOf, numbersOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const reshapes = 'Reshape|Flatten|Squeeze|Unsqueeze'
const reductions = 'ReduceMean|ReduceSum|ReduceMax|ReduceMin|ReduceProd|ReduceL1|ReduceL2|ReduceSumSquare|ReduceLogSum|ReduceLogSumExp'
const pools: Readonly<Record<string, string>> = { GlobalAveragePool: 'ReduceMean', GlobalMaxPool: 'ReduceMax' }

/** The axes that a reduction or a global pooling takes, in order. */
function axesOf(node: Node, rank: number): readonly number[] | undefined {
  if (pools[node.op]) return Array.from({ length: rank - 2 }, (_, i) => i + 2)
  const given = node.inputs[1] ? numbersOf(node.inputs[1]) : []
  if (given === undefined || (given.length === 0 && intOf(node, 'noop_with_empty_axes', 0) === 1)) return undefined
  return given.length === 0 ? Array.from({ length: rank }, (_, i) => i) : given.map(a => (a < 0 ? a + rank : a)).sort((a, b) => a - b)
}

export const reduceRules: readonly Rule[] = [
  rule('reduce-for-pool', p => p.op(Object.keys(pools).join('|'), p.x), ({ root, x }, make, refuse) =>
    shapeOf(x)?.length === 3 ? make.op(pools[root.op]!, [x, make.ints([2])], { keepdims: 1 }) : refuse('it pools more than one axis')),
  rule('merge-reduce', p => p.op(reshapes, p.op(`${reductions}|${Object.keys(pools).join('|')}`, p.x).rest().as('reduce')).rest(), ({ root, nodes, x }, make, refuse) => {
    const reduce = nodes['reduce']!
    const [shape, to] = [shapeOf(x), shapeOf(root.outputs[0])]
    const axes = shape && axesOf(reduce, shape.length)
    if (shape === undefined || to === undefined || axes === undefined) return refuse('shape or axes are not known')
    const kept = shape.map((d, i): Dim => (axes.includes(i) ? 1 : d))
    const dropped = shape.filter((_, i) => !axes.includes(i))
    // where both fit, nothing is said of the axes that went
    const keep = shapeEquals(to, kept) ? 1 : shapeEquals(to, dropped) ? 0 : undefined
    if (keep === undefined || to.some((d, i) => typeof d !== 'number' && d.text.startsWith("'?") && !dimEquals(d, (keep ? kept : dropped)[i]!))) return refuse('the reshape does more than to keep or to drop the axes')
    return make.op(pools[reduce.op] ?? reduce.op, [x, reduce.inputs[1] ?? make.ints(axes)], { keepdims: keep })
  }),
]

/** Lets a reduction itself keep or drop the axes that a reshape after it puts in or takes out; pooling of one axis is a reduction. */
export const mergeReduces: Pass = rulesPass('merge-reduces', reduceRules)
