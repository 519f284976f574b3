import { float } from '../ir/attribute.ts'
import type { Node, Value } from '../ir/model.ts'
import { shapeEquals } from '../ir/types.ts'
import type { PatternBuilder, Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Refused, Rule } from '../rewrite/rule.ts'
import { floatOf, isFloat, isNear, numbersOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

type Part = (p: PatternBuilder) => Place<string>

const clips = (low: number, high: number) => (node: Node): boolean => numbersOf(node.inputs[1])?.[0] === low && numbersOf(node.inputs[2])?.[0] === high
const isHalf = (node: Node): boolean => Math.abs(floatOf(node, 'alpha', 0.2) - 1 / 6) < 1e-6 && floatOf(node, 'beta', 0.5) === 0.5
const keepsShape = (node: Node, x: Value): boolean => isFloat(x) && shapeEquals(shapeOf(x), shapeOf(node.outputs[0]))
const near = (p: PatternBuilder, name: string, number: number): Place<string> => p.value(name, v => isNear(v, number))

/** Between 0 and 6, three more than x. */
const shifted: Part = p => p.Clip(p.Add(p.x, near(p, 'three', 3)), p.l, p.h).where(clips(0, 6))

const activation = (name: string, pattern: Part, made: (x: Value, make: Parameters<Parameters<typeof rule>[2]>[1], match: { readonly values: Readonly<Record<string, Value>> }, refuse: (reason: string) => Refused) => Value | Refused): Rule =>
  rule(`recognise-${name}`, pattern, (match, make, refuse) => (keepsShape(match.root, match.values['x']!) ? made(match.values['x']!, make, match, refuse) : refuse('the shape changes')))

const hardSwishes: readonly (readonly [string, Part])[] = [
  ['div', p => p.Div(p.Mul(p.x, shifted(p)), near(p, 'six', 6))],
  ['mul', p => p.Mul(p.Mul(p.x, shifted(p)), near(p, 'sixth', 1 / 6))],
  ['div-first', p => p.Mul(p.Div(p.x, near(p, 'six', 6)), shifted(p))],
  ['mul-first', p => p.Mul(p.Mul(p.x, near(p, 'sixth', 1 / 6)), shifted(p))],
  ['hardsigmoid', p => p.Mul(p.x, p.HardSigmoid(p.x).where(isHalf))],
]

const sixths: readonly (readonly [string, Part])[] = [
  ['div', p => p.Div(shifted(p), near(p, 'six', 6))],
  ['mul', p => p.Mul(shifted(p), near(p, 'sixth', 1 / 6))],
  ['div-inside', p => p.Clip(p.Div(p.Add(p.x, near(p, 'three', 3)), near(p, 'six', 6)), p.l, p.h).where(clips(0, 1))],
  ['mul-inside', p => p.Clip(p.Mul(p.Add(p.x, near(p, 'three', 3)), near(p, 'sixth', 1 / 6)), p.l, p.h).where(clips(0, 1))],
  ['div-before', p => p.Clip(p.Add(p.Div(p.x, near(p, 'six', 6)), near(p, 'half', 0.5)), p.l, p.h).where(clips(0, 1))],
]

const softplus: Part = p => p.op('Log', p.Add(p.Exp(p.x), near(p, 'one', 1)))

export const activationRules: readonly Rule[] = [
  ...hardSwishes.map(([name, pattern]) => activation(`hardswish-${name}`, pattern, (x, make) => make.HardSwish(x))),
  ...sixths.map(([name, pattern]) => activation(`hardsigmoid-${name}`, pattern, (x, make) => make.HardSigmoid(x, { alpha: float(1 / 6), beta: float(0.5) }))),
  activation('hardsigmoid-line', p => p.Clip(p.Add(p.Mul(p.x, p.constant('alpha')), p.constant('beta')), p.l, p.h).where(clips(0, 1)), (x, make, { values }, refuse) => {
    const [alpha, beta] = [numbersOf(values['alpha']), numbersOf(values['beta'])]
    return alpha?.length === 1 && beta?.length === 1 ? make.HardSigmoid(x, { alpha: float(alpha[0]!), beta: float(beta[0]!) }) : refuse('slope or offset is not one number')
  }),
  activation('softplus', softplus, (x, make) => make.op('Softplus', [x])),
  activation('mish', p => p.Mul(p.x, p.Tanh(p.op('Softplus', p.x))), (x, make) => make.op('Mish', [x])),
  activation('swish', p => p.Mul(p.x, p.Sigmoid(p.x)), (x, make) => make.op('Swish', [x])),
  activation('swish-scaled', p => p.Mul(p.x, p.Sigmoid(p.Mul(p.x, p.constant('alpha')))), (x, make, { values }, refuse) => {
    const alpha = numbersOf(values['alpha'])
    return alpha?.length === 1 ? make.op('Swish', [x], { alpha: float(alpha[0]!) }) : refuse('the slope is not one number')
  }),
]

/** Finds HardSwish, HardSigmoid, Softplus, Mish and Swish where they are spelled out. */
export const recogniseActivations: Pass = rulesPass('recognise-activations', activationRules)
