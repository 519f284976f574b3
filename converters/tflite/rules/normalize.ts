import type { Node, Value } from '../../../src/ir/model.ts'
import { bytesOf, float32Tensor, inlineTensor } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { standardize } from '../../../src/ops/kit/normalize.ts'
import { dtypeOf, floatOf, intOf, isAll, numbersOf, rankOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { keptAxis } from '../../../src/passes/recognise-softmax.ts'
import type { PatternBuilder, Place } from '../../../src/rewrite/pattern.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { onNode, reshapeTo, transposed } from './kit.ts'

/** Channels whose means are taken by a product with a square of them. */
const mostChannels = 512

/** Gives each channel of [N, C, 1, 1] the mean of its group, plus a number: a convolution by one pixel. */
function meanOfGroups(b: Builder, x: Value, channels: number, groups: number, plus: number): Value {
  const size = channels / groups
  const weights = new Float32Array(channels * channels)
  for (let c = 0; c < channels; c++) weights.fill(1 / size, c * channels + Math.floor(c / size) * size, c * channels + (Math.floor(c / size) + 1) * size)
  const held = b.constant({ ...inlineTensor('float32', [channels, channels, 1, 1], bytesOf(weights)), key: `mean-of-${groups}-groups-of-${size}` })
  return b.op('Conv', [x, held, ...(plus === 0 ? [] : [b.constant(float32Tensor(Array.from({ length: channels }, () => plus), [channels]))])])
}

/** Groups of channels of an image brought to mean 0 and variance 1, with nothing as large as the image reshaped; undefined where it does not fit. */
function standardizeGroups(b: Builder, x: Value, groups: number, epsilon: number): Value | undefined {
  const shape = shapeOf(x)
  const channels = shape?.[1]
  if (shape?.length !== 4 || dtypeOf(x) !== 'float32' || typeof channels !== 'number' || channels > mostChannels || groups < 1 || channels % groups !== 0) return undefined
  const over = b.ints([2, 3])
  const centred = b.op('Sub', [x, meanOfGroups(b, b.op('ReduceMean', [x, over]), channels, groups, 0)])
  const variance = meanOfGroups(b, b.op('ReduceMean', [b.op('Pow', [centred, b.scalar(2, 'float32')]), over]), channels, groups, epsilon)
  return b.op('Div', [centred, b.op('Sqrt', [variance])])
}

/** InstanceNormalization of groups that lie side by side, as exporters write GroupNormalization. */
const groupsAsInstances = rule('recognise-groups', p => p.Reshape(p.op('InstanceNormalization', p.Reshape(p.x, p.value('to')).as('cut'), p.constant('scale'), p.constant('bias')).as('instances'), p.value('back')), ({ root, nodes, x, scale, bias }, make, refuse) => {
  const [shape, cut, whole] = [shapeOf(x), shapeOf(nodes['cut']!.outputs[0]), shapeOf(root.outputs[0])]
  const groups = cut?.[1]
  if (shape === undefined || whole === undefined || cut?.length !== 3 || typeof groups !== 'number') return refuse('the groups are not known')
  if (String(cut[0]) !== String(shape[0]) || shape.join() !== whole.join()) return refuse('it is more than groups')
  if (!isAll(scale, 1) || !isAll(bias, 0)) return refuse('groups have scales of their own')
  return standardizeGroups(make, x, groups, floatOf(nodes['instances']!, 'epsilon', 1e-5)) ?? refuse('it takes images of at most 512 channels')
})

const groupNormalization = rule('simplify-groups', p => p.op('GroupNormalization', p.x, p.value('scale'), p.value('bias')), ({ root, x, scale, bias }, make, refuse) => {
  const normal = standardizeGroups(make, x, intOf(root, 'num_groups', 1), floatOf(root, 'epsilon', 1e-5))
  if (normal === undefined) return refuse('it takes images of at most 512 channels')
  const along = (v: Value): Value => make.Unsqueeze(v, make.ints([1, 2]))
  return make.Add(make.Mul(normal, along(scale)), along(bias))
})

const instances = rule('simplify-instances', p => p.op('InstanceNormalization', p.x, p.constant('scale'), p.constant('bias')), ({ root, x, scale, bias }, make, refuse) => {
  const rank = rankOf(x)
  if (rank === undefined || rank < 3 || !isAll(bias, 0)) return refuse('there is a bias')
  const [use] = root.outputs[0]!.uses
  const isGroups = rank === 3 && x.producer?.node.op === 'Reshape' && use !== undefined && 'node' in use && use.node.op === 'Reshape'
  if (isGroups && rankOf(x.producer!.node.inputs[0]) === 4 && Number(shapeOf(use.node.outputs[0])?.[1] ?? Infinity) <= mostChannels) return refuse('they are groups')
  const { normalized } = standardize(make, x, Array.from({ length: rank - 2 }, (_, i) => i + 2), floatOf(root, 'epsilon', 1e-5))
  return isAll(scale, 1) ? normalized : make.Mul(normalized, make.Unsqueeze(scale, make.ints(Array.from({ length: rank - 2 }, (_, i) => i + 1))))
})

type Part = (p: PatternBuilder) => Place<string>
const epsilon = (p: PatternBuilder): Place<string> => p.constant('epsilon')
const norm: Part = p => p.op('ReduceL2', p.x).rest().as('sum')
const square: Part = p => p.op('ReduceSumSquare', p.x).rest().as('sum')

/** What keeps a norm from 0, and how large that may be: the runtime's own bound is 1e-6, and a sum is to be lost in rounding. */
const bounded: readonly (readonly [name: string, most: number, part: Part])[] = [
  ['bare', 1, norm],
  ['clip', 1e-6, p => p.Clip(norm(p), epsilon(p))],
  ['clip-open', 1e-6, p => p.Clip(norm(p), epsilon(p), undefined)],
  ['max', 1e-6, p => p.Max(norm(p), epsilon(p))],
  ['add', 1e-8, p => p.Add(norm(p), epsilon(p))],
  ['root-max', 1e-12, p => p.Sqrt(p.Max(square(p), epsilon(p)))],
  ['root-clip', 1e-12, p => p.Sqrt(p.Clip(square(p), epsilon(p)))],
  ['root-add', 1e-12, p => p.Sqrt(p.Add(square(p), epsilon(p)))],
]
const quotients: readonly (readonly [string, (p: PatternBuilder, by: Place<string>) => Place<string>])[] = [
  ['quotient', (p, by) => p.Div(p.x, by)],
  ['reciprocal', (p, by) => p.Mul(p.x, p.Reciprocal(by))],
  ['one-over', (p, by) => p.Mul(p.x, p.Div(p.value('one', v => isAll(v, 1)), by))],
]

const unitVectors: readonly Rule[] = bounded.flatMap(([name, most, part]) =>
  quotients.map(([way, quotient]) =>
    rule(`recognise-unit-${way}-${name}`, p => quotient(p, part(p)), ({ nodes, values }, make, refuse) => {
      const x = values['x']!
      const axis = keptAxis(nodes['sum'])
      const e = values['epsilon'] === undefined ? [0] : numbersOf(values['epsilon'])
      if (axis === undefined || dtypeOf(x) !== 'float32' || e?.length !== 1 || e[0]! < 0 || e[0]! > most) return refuse('it is not over one axis, or what is added counts')
      return make.op('LpNormalization', [x], { axis, p: 2 })
    }),
  ),
)

/** Operators of the runtime's, found where they are spelled out. */
export const normalizeForms: readonly Rule[] = unitVectors

/** Operators that are put together otherwise than they decompose. */
export const normalizeSpellings: readonly Rule[] = [groupsAsInstances, groupNormalization, instances]

/** Over the last axis; another is brought there. */
const unit = onNode('lp-normalization', 'LpNormalization', (node: Node, b, refuse) => {
  const x = node.inputs[0]!
  const [rank, sizes] = [rankOf(x), sizesOf(x)]
  if (rank === undefined || rank === 0 || intOf(node, 'p', 2) !== 2) return refuse('it takes sums of squares')
  const given = intOf(node, 'axis', -1)
  const axis = given < 0 ? given + rank : given
  const order = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  const turned = transposed(b, x, order)
  if (rank <= 4) return transposed(b, b.op('tflite::L2_NORMALIZATION', [turned]), order)
  if (sizes === undefined) return refuse('more than four axes of sizes that are not known')
  const last = order.map(i => sizes[i]!)
  const rows = reshapeTo(b, turned, [last.slice(0, -1).reduce((n, d) => n * d, 1), last.at(-1)!])!
  return transposed(b, reshapeTo(b, b.op('tflite::L2_NORMALIZATION', [rows]), last)!, order)
})

export const normalizeRules: readonly Rule[] = [unit]
