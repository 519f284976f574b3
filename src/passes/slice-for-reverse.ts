import type { Dim } from '../ir/dim.ts'
import { dimEquals } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { elementsOf } from '../ops/infer.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intOf, shapeOf } from './kit/values.ts'
import { flipped } from './kit/flips.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Whether every sequence is this long. */
function areAll(lengths: Value, size: Dim): boolean {
  const node = lengths.producer?.node
  const known = elementsOf(lengths) ?? (node?.qualified === 'Expand' ? elementsOf(node.inputs[0]) : undefined)
  return known !== undefined && known.length > 0 && known.every(d => dimEquals(d, size))
}

export const reverseRules: readonly Rule[] = [
  rule('slice-for-reverse', p => p.op('ReverseSequence', p.x, p.value('lengths')), ({ root, x, lengths }, make, refuse) => {
    const axis = intOf(root, 'time_axis', 0)
    const size = shapeOf(x)?.[axis]
    return size !== undefined && areAll(lengths, size) ? flipped(make, x, axis) : refuse('not all sequences are as long as the axis')
  }),
]

/** Sequences that are all as long as their axis are turned round by a Slice. */
export const sliceForReverse: Pass = rulesPass('slice-for-reverse', reverseRules)
