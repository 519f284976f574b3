import type { Node, Value } from '../../../src/ir/model.ts'
import { isNear, shapeOf } from '../../../src/passes/kit/values.ts'
import { shapeEquals } from '../../../src/ir/types.ts'
import type { PatternBuilder, Place } from '../../../src/rewrite/pattern.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'

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

const sameShape = (x: Value, root: Node): boolean => shapeEquals(shapeOf(x), shapeOf(root.outputs[0]))
const halvedLater = (root: Node): boolean => [...(root.outputs[0]?.uses ?? [])].some(use => 'node' in use && use.node.op === 'Mul' && use.node.inputs.some(v => isNear(v, 0.5)))

const gelus = inners.flatMap(([name, approximate, inner]): Rule[] => {
  const sum = (p: PatternBuilder) => p.Add(inner(p), near(p, 'one', 1))
  return [
    ...wholes.map(([order, whole]) =>
      rule(`recognise-gelu-${name}-${order}`, p => whole(p, sum(p)), (match, make, refuse) => (sameShape(match.values['x']!, match.root) ? make.Gelu(match.values['x'], { approximate }) : refuse('the shape changes'))),
    ),
    // the half may have gone into weights
    rule(`recognise-gelu-${name}-doubled`, p => p.Mul(p.x, sum(p)), (match, make, refuse) => {
      const x = match.values['x']!
      if (!sameShape(x, match.root) || halvedLater(match.root)) return refuse('the shape changes, or the half follows')
      const y = make.Gelu(x, { approximate })
      return make.Add(y, y)
    }),
  ]
})

/** GELU in the forms that exporters spell it out in. */
export const recogniseRules: readonly Rule[] = gelus
