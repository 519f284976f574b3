import { float } from '../ir/attribute.ts'
import type { Value } from '../ir/model.ts'
import { shapeEquals } from '../ir/types.ts'
import type { Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intOf, intsOf, isFloat, isNear, numbersOf, rankOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

type Patterns = Parameters<Parameters<typeof rule>[1]>[0]
type Part = (p: Patterns, x: Place<string>) => Place<string>

const squares: readonly Part[] = [(p, x) => p.Pow(x, p.value('two', v => isNear(v, 2))), (p, x) => p.Mul(x, x)]
const meanOf = (p: Patterns, x: Place<string>, name: string): Place<string> => p.ReduceMean(x).rest().as(name)
const rootOf = (p: Patterns, square: Place<string>): Place<string> => p.Sqrt(p.Add(meanOf(p, square, 'variance'), p.constant('epsilon')))
/** A value over a root, as exporters write it. */
const quotients: readonly ((p: Patterns, x: Place<string>, root: Place<string>) => Place<string>)[] = [
  (p, x, root) => p.Div(x, root),
  (p, x, root) => p.Mul(x, p.Div(p.value('one', v => isNear(v, 1)), root)),
  (p, x, root) => p.Mul(x, p.Reciprocal(root)),
]

/** The first of the axes that a ReduceMean takes, when these are all to the last and stay with size 1. */
function firstAxis(node: Parameters<typeof intOf>[0], rank: number): number | undefined {
  const given = node.inputs[1] ? numbersOf(node.inputs[1]) : intsOf(node, 'axes')
  if (given === undefined || given.length === 0 || intOf(node, 'keepdims', 1) !== 1) return undefined
  const axes = given.map(a => (a < 0 ? a + rank : a)).sort((a, b) => a - b)
  return axes.every((a, i) => a === rank - axes.length + i) ? axes[0] : undefined
}

/** Whether a weight lies on the normalized axes alone. */
function liesOn(weight: Value, x: Value, axis: number): boolean {
  const [own, all] = [shapeOf(weight), shapeOf(x)]
  return own !== undefined && all !== undefined && isFloat(weight) && shapeEquals(own, all.slice(axis))
}

/** What a value is less its mean over the axes from `axis` on. */
function uncentred(value: Value, axis: number, rank: number): Value | undefined {
  const node = value.producer?.node
  const mean = node?.op === 'Sub' && node.domain === '' ? node.inputs[1]?.producer?.node : undefined
  return mean?.op === 'ReduceMean' && mean.domain === '' && mean.inputs[0] === node!.inputs[0] && firstAxis(mean, rank) === axis ? node!.inputs[0] : undefined
}

const scaled = squares.flatMap((square, i) =>
  quotients.map((quotient, j) =>
    rule(`recognise-normalization-${i}${j}`, p => p.Mul(quotient(p, p.x, rootOf(p, square(p, p.x))), p.value('weight')) as Place<'x' | 'weight' | 'epsilon'>, ({ x, weight, epsilon, nodes }, make, refuse) => {
      const rank = rankOf(x)
      const axis = rank === undefined ? undefined : firstAxis(nodes['variance']!, rank)
      const e = numbersOf(epsilon)
      if (rank === undefined || axis === undefined || e?.length !== 1 || !isFloat(x)) return refuse('it is not over the last axes')
      if (!liesOn(weight, x, axis)) return refuse('the weight does not lie on the axes')
      const attributes = { axis: axis - rank, epsilon: float(e[0]!) }
      const whole = uncentred(x, axis, rank)
      return whole ? make.op('LayerNormalization', [whole, weight], attributes) : make.op('RMSNormalization', [x, weight], attributes)
    }),
  ),
)

const biased = rule('recognise-normalization-bias', p => p.Add(p.op('LayerNormalization', p.x, p.value('weight')).as('normalization'), p.value('bias')), ({ x, weight, bias, nodes }, make, refuse) => {
  const node = nodes['normalization']!
  const axis = intOf(node, 'axis', -1)
  const rank = rankOf(x)
  if (rank === undefined || !liesOn(bias, x, axis < 0 ? axis + rank : axis) || node.outputs.slice(1).some(v => v)) return refuse('the bias does not lie on the axes')
  return make.op('LayerNormalization', [x, weight, bias], node.attributes)
})

/** x times a factor and a shift that takes the mean off, as tf.nn.batch_normalization has it: the factor holds the weight. */
const affine = squares.map((square, i) =>
  rule(`recognise-normalization-affine-${i}`, p => {
    const mean = meanOf(p, p.x, 'mean')
    const factor = p.Mul(p.Reciprocal(rootOf(p, square(p, p.Sub(p.x, mean)))), p.value('weight'))
    return p.Add(p.Mul(p.x, factor), p.Sub(p.value('bias'), p.Mul(mean, factor))) as Place<'x' | 'weight' | 'bias' | 'epsilon'>
  }, ({ x, weight, bias, epsilon, nodes }, make, refuse) => {
    const rank = rankOf(x)
    const [axis, own] = [nodes['variance']!, nodes['mean']!].map(n => (rank === undefined ? undefined : firstAxis(n, rank)))
    const e = numbersOf(epsilon)
    if (rank === undefined || axis === undefined || axis !== own || e?.length !== 1 || !isFloat(x)) return refuse('it is not over the last axes')
    if (![weight, bias].every(v => liesOn(v, x, axis))) return refuse('weight or bias does not lie on the axes')
    return make.op('LayerNormalization', [x, weight, bias], { axis: axis - rank, epsilon: float(e[0]!) })
  }),
)

export const normalizationRules: readonly Rule[] = [...scaled, biased, ...affine]

/** Finds LayerNormalization and RMSNormalization where they are spelled out with means, roots and quotients. */
export const recogniseNormalization: Pass = rulesPass('recognise-normalization', normalizationRules)
