import type { Node, Value } from '../ir/model.ts'
import { dropsAxis } from '../ops/SplitToSequence.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intOf, numbersOf, rankOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Start and end of one part of a SplitToSequence along its axis, and whether the axis goes. */
function partOf(split: Node, at: number): { readonly start: number; readonly end: number; readonly squeeze: boolean } | string {
  const rank = rankOf(split.inputs[0])
  if (rank === undefined) return 'the rank is not known'
  const axis = intOf(split, 'axis', 0)
  const size = shapeOf(split.inputs[0])![axis < 0 ? axis + rank : axis]
  const given = split.inputs[1] ? numbersOf(split.inputs[1]) : [1]
  if (given === undefined) return 'the sizes are not constant'
  if (split.inputs[1] === undefined || rankOf(split.inputs[1]) === 0) {
    const step = given[0]!
    const index = at >= 0 ? at : typeof size === 'number' ? Math.ceil(size / step) + at : undefined
    if (index === undefined || index < 0 || (typeof size === 'number' && index * step >= size)) return 'the place is not known'
    return { start: index * step, end: (index + 1) * step, squeeze: dropsAxis(intOf(split, 'keepdims', 1), split.inputs[1] && given, rankOf(split.inputs[1])) }
  }
  const index = at < 0 ? at + given.length : at
  if (given[index] === undefined) return 'there is no such part'
  const start = given.slice(0, index).reduce((a, b) => a + b, 0)
  return { start, end: start + given[index], squeeze: false }
}

const elements = (node: Node): Value[] | undefined => (node.inputs.every(v => v !== undefined) ? ([...node.inputs] as Value[]) : undefined)

export const sequenceRules: readonly Rule[] = [
  rule('slice-for-split-sequence', p => p.op('SequenceAt', p.op('SplitToSequence').shared().as('split'), p.i), ({ nodes, i }, make, refuse) => {
    const split = nodes['split']!
    const at = numbersOf(i)?.[0]
    if (at === undefined) return refuse('the place is not constant')
    const part = partOf(split, at)
    if (typeof part === 'string') return refuse(part)
    const axis = make.ints([intOf(split, 'axis', 0)])
    const slice = make.Slice(split.inputs[0], make.ints([part.start]), make.ints([part.end]), axis)
    return part.squeeze ? make.Squeeze(slice, axis) : slice
  }),
  rule('element-of-sequence', p => p.op('SequenceAt', p.op('SequenceConstruct').shared().as('all'), p.i), ({ nodes, i }, _make, refuse) => {
    const all = elements(nodes['all']!)
    const at = numbersOf(i)?.[0]
    return (at === undefined ? undefined : all?.at(at)) ?? refuse('the place is not constant')
  }),
  rule('concat-of-sequence', p => p.op('ConcatFromSequence', p.op('SequenceConstruct').shared().as('all')), ({ root, nodes }, make, refuse) => {
    const all = elements(nodes['all']!)
    const axis = intOf(root, 'axis', 0)
    if (all === undefined || all.length === 0) return refuse('there is nothing to put together')
    if (intOf(root, 'new_axis', 0) === 0) return make.op('Concat', all, { axis })
    return make.op('Concat', all.map(v => make.Unsqueeze(v, make.ints([axis]))), { axis })
  }),
]

/** Reads parts of tensors where a sequence was made only to take elements out of it. */
export const unrollSequences: Pass = rulesPass('unroll-sequences', sequenceRules)
