import type { Node, Value } from '../ir/model.ts'
import type { PatternBuilder, Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intOf, isFloat, isNear, numbersOf, rankOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

type Part = (p: PatternBuilder) => Place<string>

/** The one axis that a reduction takes and keeps with size 1. */
export function keptAxis(node: Node | undefined): number | undefined {
  const rank = rankOf(node?.inputs[0])
  if (node === undefined || rank === undefined || intOf(node, 'keepdims', 1) !== 1) return undefined
  const axes = node.inputs[1] ? numbersOf(node.inputs[1]) : rank === 1 ? [0] : undefined
  return axes?.length !== 1 ? undefined : axes[0]! < 0 ? axes[0]! + rank : axes[0]!
}

const greatest: Part = p => p.ReduceMax(p.x).rest().as('max')
/** What goes into the exponential, with and without the greatest taken off. */
const inners: readonly (readonly [string, Part])[] = [['shifted', p => p.Sub(p.x, greatest(p))], ['plain', p => p.x]]
const sumOf = (p: PatternBuilder, inner: Part): Place<string> => p.ReduceSum(p.Exp(inner(p))).rest().as('sum')

const quotients: readonly (readonly [string, (p: PatternBuilder, inner: Part) => Place<string>])[] = [
  ['quotient', (p, inner) => p.Div(p.Exp(inner(p)), sumOf(p, inner))],
  ['reciprocal', (p, inner) => p.Mul(p.Exp(inner(p)), p.Reciprocal(sumOf(p, inner)))],
  ['one-over', (p, inner) => p.Mul(p.Exp(inner(p)), p.Div(p.value('one', v => isNear(v, 1)), sumOf(p, inner)))],
]

/** The axis of every reduction in a match, when it is one. */
function axisOf(nodes: Readonly<Record<string, Node>>, x: Value | undefined): number | undefined {
  const axis = keptAxis(nodes['sum'])
  return axis !== undefined && isFloat(x) && (nodes['max'] === undefined || keptAxis(nodes['max']) === axis) ? axis : undefined
}

const found = (name: string, op: 'Softmax' | 'LogSoftmax', pattern: Part): Rule =>
  rule(`recognise-${name}`, pattern, ({ nodes, values }, make, refuse) => {
    const axis = axisOf(nodes, values['x'])
    return axis === undefined ? refuse('it is not over one axis') : make.op(op, [values['x']], { axis })
  })

/** What is taken off every element of a row leaves its Softmax as it is. */
const unshifted = rule('drop-softmax-shift', p => p.op('Softmax|LogSoftmax', p.Sub(p.x, greatest(p))), ({ root, nodes, values }, make, refuse) => {
  const x = values['x']!
  const [rank, axis] = [rankOf(x), intOf(root, 'axis', -1)]
  return rank !== undefined && isFloat(x) && keptAxis(nodes['max']) === (axis < 0 ? axis + rank : axis) ? make.op(root.op, [x], root.attributes) : refuse('the greatest is not that of the axis')
})

export const softmaxRules: readonly Rule[] = [
  unshifted,
  ...inners.flatMap(([way, inner]) => [
    ...quotients.map(([name, quotient]) => found(`softmax-${name}-${way}`, 'Softmax', p => quotient(p, inner))),
    found(`logsoftmax-sum-${way}`, 'LogSoftmax', p => p.Sub(inner(p), p.op('Log', sumOf(p, inner)))),
  ]),
  found('logsoftmax-reduced', 'LogSoftmax', p => p.Sub(p.x, p.op('ReduceLogSumExp', p.x).rest().as('sum'))),
  rule('recognise-logsoftmax', p => p.op('Log', p.Softmax(p.x).as('softmax')), ({ x, nodes }, make) => make.op('LogSoftmax', [x], nodes['softmax']!.attributes)),
]

/** Finds Softmax and LogSoftmax where they are spelled out, also without the greatest taken off: they overflow less. */
export const recogniseSoftmax: Pass = rulesPass('recognise-softmax', softmaxRules)
