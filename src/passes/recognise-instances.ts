import { float } from '../ir/attribute.ts'
import type { Node, Value } from '../ir/model.ts'
import { float32Tensor } from '../ir/tensor.ts'
import { writtenOut } from '../ops/kit/written-out.ts'
import type { PatternBuilder, Place } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { dtypeOf, intOf, intsOf, isNear, numbersOf, shapeOf } from './kit/values.ts'
import { reshapedTensor } from '../ir/tensor.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

type Part = (p: PatternBuilder, x: Place<string>) => Place<string>

const centred = (p: PatternBuilder): Place<string> => p.Sub(p.x, p.ReduceMean(p.x).rest().as('mean').shared()).shared()
const squares: readonly Part[] = [(p, x) => p.Pow(x, p.value('two', v => isNear(v, 2))), (p, x) => p.Mul(x, x)]

/** Whether a mean is taken over every axis after the second, which stay with size 1. */
function isSpatial(node: Node | undefined, rank: number): boolean {
  const given = node && (node.inputs[1] ? numbersOf(node.inputs[1]) : intsOf(node, 'axes'))
  return given?.length === rank - 2 && intOf(node!, 'keepdims', 1) === 1 && given.every(a => (a < 0 ? a + rank : a) >= 2)
}

const plain = squares.map((square, i) =>
  rule(`recognise-instances-${i}`, p => p.Div(centred(p), p.Sqrt(p.Add(p.ReduceMean(square(p, centred(p))).rest().as('variance'), p.constant('epsilon')))), ({ nodes, values }, make, refuse) => {
    const x = values['x']!
    const shape = shapeOf(x)
    const [channels, e] = [shape?.[1], numbersOf(values['epsilon'])]
    if (shape === undefined || shape.length < 3 || typeof channels !== 'number' || e?.length !== 1 || dtypeOf(x) !== 'float32') return refuse('the channels are not known')
    if (![nodes['mean'], nodes['variance']].every(n => isSpatial(n, shape.length))) return refuse('it is not over every axis after the second')
    const all = (n: number): Value => make.constant(float32Tensor(Array.from({ length: writtenOut(channels) }, () => n), [channels]))
    return make.op('InstanceNormalization', [x, all(1), all(0)], { epsilon: float(e[0]!) })
  }),
)

/** A constant as a vector when it holds one number for each channel. */
function perChannel(v: Value | undefined, channels: number, rank: number): Value | undefined {
  const shape = v?.isConstant ? v.constant!.shape : undefined
  const padded = shape && [...Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape]
  return padded?.length === rank && padded.every((d, i) => d === (i === 1 ? channels : 1)) ? v : undefined
}

const scaled = (op: 'Mul' | 'Add'): Rule =>
  rule(`recognise-instances-${op === 'Mul' ? 'scale' : 'bias'}`, p => p.op(op, p.op('InstanceNormalization', p.x, p.constant('scale'), p.constant('bias')).as('instances'), p.constant('by')), ({ nodes, x, scale, bias, by }, make, refuse) => {
    const shape = shapeOf(x)
    const channels = shape?.[1]
    const own = shape && typeof channels === 'number' ? perChannel(by, channels, shape.length) : undefined
    if (own === undefined || !numbersOf(op === 'Mul' ? scale : bias)?.every(n => n === (op === 'Mul' ? 1 : 0))) return refuse('it is not one number for each channel, or there is another')
    if (op === 'Mul' && !numbersOf(bias)?.every(n => n === 0)) return refuse('there is a bias')
    const vector = make.constant(reshapedTensor(own.constant!, [channels as number]), own.name)
    return make.op('InstanceNormalization', [x, op === 'Mul' ? vector : scale, op === 'Mul' ? bias : vector], nodes['instances']!.attributes)
  })

export const instanceRules: readonly Rule[] = [...plain, scaled('Mul'), scaled('Add')]

/** Finds InstanceNormalization where it is spelled out with means, a root and a quotient. */
export const recogniseInstances: Pass = rulesPass('recognise-instances', instanceRules)
