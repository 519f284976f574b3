import type { Node, Value } from '../ir/model.ts'
import { isNear, shapeOf } from './kit/values.ts'
import { shapeEquals } from '../ir/types.ts'
import type { PatternBuilder, Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

type Inner = (p: PatternBuilder) => Place<string>

const near = (p: PatternBuilder, name: string, number: number): Place<string> => p.value(name, v => isNear(v, number))

/** What exporters write for 1 + erf(x / sqrt 2) and for the tanh that stands in for it, without the 1. */
const inners: readonly (readonly [name: string, approximate: 'none' | 'tanh', inner: Inner])[] = [
  ['erf-div', 'none', p => p.Erf(p.Div(p.x, near(p, 'root', Math.SQRT2)))],
  ['erf-mul', 'none', p => p.Erf(p.Mul(p.x, near(p, 'root', Math.SQRT1_2)))],
  ...cubes().map(([name, cube]): readonly [string, 'tanh', Inner] => [
    `tanh-${name}`, 'tanh', p => p.Tanh(p.Mul(p.Add(p.x, p.Mul(cube(p), near(p, 'third', 0.044715))), near(p, 'root', Math.sqrt(2 / Math.PI)))),
  ]),
  ['tanh-factored', 'tanh', p => p.Tanh(p.Mul(p.Mul(p.x, near(p, 'root', Math.sqrt(2 / Math.PI))), p.Add(p.Mul(p.Mul(p.x, near(p, 'third', 0.044715)), p.x), near(p, 'unit', 1))))],
]

function cubes(): readonly (readonly [string, Inner])[] {
  return [
    ['power', p => p.Pow(p.x, near(p, 'three', 3))],
    ['product', p => p.Mul(p.Mul(p.x, p.x), p.x)],
    ['square', p => p.Mul(p.Pow(p.x, near(p, 'two', 2)), p.x)],
  ]
}

/** The three ways of multiplying x, a half and the sum. */
const wholes: readonly (readonly [string, (p: PatternBuilder, sum: Place<string>) => Place<string>])[] = [
  ['last', (p, sum) => p.Mul(p.Mul(p.x, sum), near(p, 'half', 0.5))],
  ['sum', (p, sum) => p.Mul(p.x, p.Mul(sum, near(p, 'half', 0.5)))],
  ['x', (p, sum) => p.Mul(p.Mul(p.x, near(p, 'half', 0.5)), sum)],
]

/** Whether a spelled-out activation broadcasts nothing. */
export const sameShape = (x: Value, root: Node): boolean => shapeEquals(shapeOf(x), shapeOf(root.outputs[0]))
/** 1 + erf(x / sqrt 2), or the tanh that stands in for it, in every spelling. */
export const geluSums: readonly { readonly name: string; readonly approximate: 'none' | 'tanh'; readonly sum: Inner }[] = inners.map(([name, approximate, inner]) => ({ name, approximate, sum: p => p.Add(inner(p), near(p, 'one', 1)) }))

/** 1 - erf(-x / sqrt 2): the complement of the error function. */
const complements: readonly Inner[] = [
  p => p.Sub(near(p, 'one', 1), p.Erf(p.Mul(p.Neg(p.x), near(p, 'root', Math.SQRT1_2)))),
  p => p.Sub(near(p, 'one', 1), p.Erf(p.Div(p.Neg(p.x), near(p, 'root', Math.SQRT2)))),
  p => p.Sub(near(p, 'one', 1), p.Erf(p.Mul(p.x, near(p, 'root', -Math.SQRT1_2)))),
]
const everySum = [...geluSums, ...complements.map((sum, i) => ({ name: `erfc-${i}`, approximate: 'none' as const, sum }))]

export const geluRules: readonly Rule[] = everySum.flatMap(({ name, approximate, sum }) =>
  wholes.map(([order, whole]) =>
    rule(`recognise-gelu-${name}-${order}`, p => whole(p, sum(p)), (match, make, refuse) => (sameShape(match.values['x']!, match.root) ? make.Gelu(match.values['x'], approximate === 'none' ? {} : { approximate }) : refuse('the shape changes'))),
  ),
)

/** Finds Gelu where it is spelled out. */
export const recogniseGelu: Pass = rulesPass('recognise-gelu', geluRules)
