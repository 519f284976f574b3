import type { Node, Value } from '../ir/model.ts'
import { reshapedTensor } from '../ir/tensor.ts'
import { elementCount, shapeEquals } from '../ir/types.ts'
import type { Builder } from '../ops/builder.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { Affine } from './kit/linear.ts'
import { foldAfter, foldBefore, isPerChannel, linearOf } from './kit/linear.ts'
import { constantOf, isPadded, rankOf, shapeOf } from './kit/values.ts'
import { pick } from './kit/weights.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const each: NonNullable<Affine['scale']> = (a, i) => pick(a[0]!, i)

/** What operators do to each channel of one operand when the other is constant; `last`: the constant is the second. */
const affines: Readonly<Record<string, (last: boolean) => Omit<Affine, 'from'> | undefined>> = {
  Mul: () => ({ what: 'mul', scale: each }),
  Add: () => ({ what: 'add', shift: each }),
  Sub: last => (last ? { what: 'sub', shift: (a, i) => -each(a, i) } : { what: 'rsub', scale: () => -1, shift: each }),
  Div: last => (last ? { what: 'div', scale: (a, i) => 1 / each(a, i) } : undefined),
}

function affineOf(op: string, constant: Value, constantFirst: boolean): Affine | undefined {
  const affine = affines[op]?.(!constantFirst)
  return affine && { ...affine, from: [constantOf(constant)!] }
}

const linearOps = 'Conv|ConvTranspose|Gemm|MatMul'

export const scaleRules: readonly Rule[] = [true, false].flatMap(first => [
  rule(`fold-scale-after-${first ? 'left' : 'right'}`, p => (first ? p.op('Add|Mul|Sub', p.constant('c'), p.op(linearOps).as('linear')) : p.op('Add|Mul|Sub|Div', p.op(linearOps).as('linear'), p.constant('c'))), ({ root, nodes, c }, make, refuse) => {
    const linear = linearOf(nodes['linear']!)
    if (typeof linear === 'string') return refuse(linear)
    const affine = affineOf(root.op, c, root.inputs[0] === c)
    const rank = rankOf(nodes['linear']!.outputs[0])
    if (affine === undefined || rank === undefined) return refuse('the rank is not known')
    if (!isPerChannel(affine.from[0]!, rank, linear.axis, linear.channels)) return refuse('the constant is not one number for each channel')
    const folded = foldAfter(make, linear, affine)
    return typeof folded === 'string' ? refuse(folded) : folded
  }),
  rule(`fold-scale-before-${first ? 'left' : 'right'}`, p => p.op(linearOps, first ? p.op('Add|Mul|Sub', p.constant('c'), p.x).as('scale') : p.op('Add|Mul|Sub|Div', p.x, p.constant('c')).as('scale')).rest(), ({ root, nodes, c, x }, make, refuse) => {
    const linear = linearOf(root)
    if (typeof linear === 'string') return refuse(linear)
    const scale = nodes['scale']!
    const affine = affineOf(scale.op, c, scale.inputs[0] === c)
    const rank = rankOf(x)
    if (affine === undefined || rank === undefined || !shapeEquals(shapeOf(x), shapeOf(scale.outputs[0]))) return refuse('the constant changes the shape')
    const axis = root.op === 'Conv' || root.op === 'ConvTranspose' ? 1 : rank - 1
    if (!isPerChannel(affine.from[0]!, rank, axis, linear.inputs)) return refuse('the constant is not one number for each channel')
    if (affine.shift && isPadded(root)) return refuse('the padding is not shifted')
    const folded = foldBefore(make, linear, x, affine)
    return typeof folded === 'string' ? refuse(folded) : folded
  }),
])

/** A constant of one element as a scalar, so that it widens nothing. */
const reshaped = (make: Builder, c: Value): Value => (rankOf(c) === 0 ? c : make.constant(reshapedTensor(constantOf(c)!, []), c.name))

/** Whether a value is what a linear operator made, its bias perhaps added by an operator of its own. */
function isLinear(v: Value): boolean {
  const node = v.producer?.node
  if (node === undefined || v.uses.size !== 1) return false
  if (linearOps.split('|').includes(node.op)) return typeof linearOf(node) !== 'string'
  if (node.op === 'Add') return node.inputs.some((x, i) => x !== undefined && node.inputs[1 - i]?.isConstant === true && isLinear(x))
  return moves.split('|').includes(node.op) && node.inputs[0] !== undefined && isLinear(node.inputs[0])
}
const moves = 'Reshape|Transpose|Squeeze|Unsqueeze'

/** A scale moves to the weights that can take it: past the sum that stands for the bias of a product of more than two axes, and past what only moves elements. */
export const moveRules: readonly Rule[] = [
  rule('move-scale-before-move', p => p.op('Mul|Div', p.op(moves, p.x).rest().as('moved'), p.constant('c')), ({ root, nodes, x, c }, make, refuse) => {
    const moved = nodes['moved']!
    if (elementCount(constantOf(c)!.shape) !== 1 || !shapeEquals(shapeOf(root.outputs[0]), shapeOf(moved.outputs[0]))) return refuse('the constant is not one number')
    if (!isLinear(x)) return refuse('nothing before it takes a scale')
    return make.op(moved.op, [make.op(root.op, [x, reshaped(make, c)]), ...moved.inputs.slice(1)], moved.attributes)
  }),
  rule('move-scale-before-bias', p => p.op('Mul|Div', p.Add(p.MatMul(p.a, p.constant('weight')).as('linear'), p.constant('bias')).as('sum'), p.constant('c')), ({ root, nodes, bias, c }, make, refuse) => {
    const { linear, sum } = nodes as { linear: Node; sum: Node }
    const lies = linearOf(linear)
    const rank = rankOf(linear.outputs[0])
    if (typeof lies === 'string' || rank === undefined) return refuse(typeof lies === 'string' ? lies : 'the rank is not known')
    if (![bias, c].every(v => isPerChannel(constantOf(v)!, rank, lies.axis, lies.channels)) || !shapeEquals(shapeOf(root.outputs[0]), shapeOf(linear.outputs[0]))) return refuse('the constants are not one number for each channel')
    const scaled = make.op(root.op, [linear.outputs[0]!, c])
    const shift = make.op(root.op, [bias, c])
    return sum.inputs[0] === bias ? make.Add(shift, scaled) : make.Add(scaled, shift)
  }),
]

/** Folds products and sums with a number for each channel into the weights of the linear operator before or after. */
export const foldScales: Pass = rulesPass('fold-scales', [...scaleRules, ...moveRules])
