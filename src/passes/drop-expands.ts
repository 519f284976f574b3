import type { Dim } from '../ir/dim.ts'
import { dimEquals } from '../ir/dim.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Rule } from '../rewrite/rule.ts'
import { shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const broadcasting = 'Add Sub Mul Div Pow Max Min Sum Mean Mod Where And Or Xor Equal Less LessOrEqual Greater GreaterOrEqual BitwiseAnd BitwiseOr BitwiseXor'.split(' ')

/** Whether shapes alone make `to`, size by size, each size found in one of them as it is. */
const make = (shapes: readonly (readonly Dim[])[], to: readonly Dim[]): boolean =>
  to.every((d, i) => d === 1 || shapes.some(s => {
    const own = s[i - to.length + s.length]
    return own !== undefined && dimEquals(own, d)
  }))

/** What an Expand stretches, when the operator would stretch it too. */
function unexpanded(node: Node, at: number): Value | undefined {
  const expand = node.inputs[at]?.producer?.node
  const inner = expand?.op === 'Expand' && expand.domain === '' ? expand.inputs[0] : undefined
  const to = shapeOf(node.outputs[0])
  const shapes = node.inputs.map((v, i) => shapeOf(i === at ? inner : v))
  return inner && to && shapes.every(s => s !== undefined && s.length <= to.length) && make(shapes as (readonly Dim[])[], to) ? inner : undefined
}

const rule: Rule = {
  name: 'drop-expand',
  roots: broadcasting,
  pattern: { kind: 'op', op: broadcasting.join('|'), inputs: [], commutes: false },
  replace({ root }, b, refuse) {
    const at = root.inputs.findIndex((_, i) => unexpanded(root, i))
    return at < 0 ? refuse('nothing is expanded for it') : b.op(root.op, root.inputs.map((v, i) => (i === at ? unexpanded(root, i) : v)), root.attributes)
  },
}

/** Drops an Expand before an operator that broadcasts, where the other inputs make the shape. */
export const dropExpands: Pass = rulesPass('drop-expands', [rule])
