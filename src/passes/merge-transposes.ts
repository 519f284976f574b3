import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { Node, Value } from '../ir/model.ts'
import { composePerms, constantOf, invertPerm, isIdentityPerm, numbersOf, permOf, rankOf, shapeOf, sizesOf } from './kit/values.ts'
import { transposeTensor } from './kit/weights.ts'
import { bitsOf } from '../ir/dtype.ts'
import { reshapedTensor } from '../ir/tensor.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'
import { reshapeTo } from './kit/shapes.ts'

const unary = 'Relu|LeakyRelu|Sigmoid|HardSigmoid|HardSwish|Tanh|Erf|Exp|Log|Sqrt|Neg|Abs|Reciprocal|Floor|Ceil|Round|Clip|Cast|Elu|Selu|Softplus|Softsign|Gelu|Not|Sign|Mish'
const binary = 'Add|Sub|Mul|Div|Pow|Max|Min|Equal|Less|Greater|And|Or|PRelu'

const perm = (node: Node | undefined): readonly number[] | undefined => {
  const rank = rankOf(node?.inputs[0])
  return node && rank !== undefined ? permOf(node, rank) : undefined
}

/** A constant as it must be before a transposition of a value of this rank; undefined when it can't be. */
function beforeTranspose(c: Value, order: readonly number[]): ReturnType<typeof transposeTensor> | undefined {
  const tensor = constantOf(c)!
  if (tensor.shape.length > order.length || bitsOf(tensor.dtype) % 8 !== 0 || tensor.strings) return undefined
  const full = reshapedTensor(tensor, [...Array<number>(order.length - tensor.shape.length).fill(1), ...tensor.shape])
  return transposeTensor(full, order.map((_, i) => order.indexOf(i)))
}

export const transposeRules: readonly Rule[] = [
  rule('merge-transposes', p => p.Transpose(p.Transpose(p.x).shared().as('first')), ({ x, root, nodes }, make, refuse) => {
    const [first, second] = [perm(nodes['first']), perm(root)]
    if (first === undefined || second === undefined) return refuse('the rank is not known')
    const both = composePerms(first, second)
    return isIdentityPerm(both) ? x : make.Transpose(x, { perm: both })
  }),
  rule('reshape-for-transpose', p => p.Transpose(p.x), ({ x, root }, make, refuse) => {
    const [shape, order] = [shapeOf(x), perm(root)]
    if (shape === undefined || order === undefined) return refuse('the shape is not known')
    const moved = order.filter(a => shape[a] !== 1)
    if (moved.some((a, i) => i > 0 && a < moved[i - 1]!)) return refuse('elements move')
    return reshapeTo(make, x, shape, order.map(a => shape[a]!)) ?? refuse('the shape can not be said')
  }),
  rule('sink-transpose-unary', p => p.op(unary, p.Transpose(p.x).as('first')).rest().where(n => n.inputs.slice(1).every(v => !v || v.isConstant)), ({ x, root, nodes }, make, refuse) => {
    const order = perm(nodes['first'])
    if (order === undefined) return refuse('the rank is not known')
    return make.Transpose(make.op(root.op, [x, ...root.inputs.slice(1)], root.attributes), { perm: order })
  }),
  rule('sink-transpose-pad', p => p.op('Pad', p.Transpose(p.x).as('first'), p.constant('pads')).rest().where(n => !n.inputs[3]), ({ x, pads, root, nodes }, make, refuse) => {
    const [order, counts] = [perm(nodes['first']), numbersOf(pads)]
    if (order === undefined || counts?.length !== 2 * order.length) return refuse('the rank is not known')
    const before = [...invertPerm(order), ...invertPerm(order).map(a => a + order.length)].map(a => counts[a]!)
    return make.Transpose(make.op('Pad', [x, make.ints(before), ...root.inputs.slice(2)], root.attributes), { perm: order })
  }),
  rule('sink-transpose-pair', p => p.op(binary, p.Transpose(p.x).as('a'), p.Transpose(p.y).as('b')), ({ x, y, root, nodes }, make, refuse) => {
    const [a, b] = [perm(nodes['a']), perm(nodes['b'])]
    if (a === undefined || a.join() !== b?.join()) return refuse('the permutations differ')
    return make.Transpose(make.op(root.op, [x, y], root.attributes), { perm: a })
  }),
  ...[0, 1].map(at =>
    rule(`sink-transpose-constant-${at}`, p => (at === 0 ? p.op(binary, p.constant('c'), p.Transpose(p.x).as('first')) : p.op(binary, p.Transpose(p.x).as('first'), p.constant('c'))), ({ x, c, root, nodes }, make, refuse) => {
      const order = perm(nodes['first'])
      const moved = order && beforeTranspose(c, order)
      if (order === undefined || moved === undefined) return refuse('the constant has more axes')
      const constant = make.constant(moved)
      return make.Transpose(make.op(root.op, at === 0 ? [constant, x] : [x, constant], root.attributes), { perm: order })
    }),
  ),
  // the transpose of one value per channel has become a Reshape already; squeeze and excitation have a gate behind it
  ...[0, 1].flatMap(at => [false, true].map(gated =>
    rule(`sink-transpose-${gated ? 'gate' : 'reshaped'}-${at}`, p => {
      const laid = p.op('Reshape', p.y, p.constant('shape')).as('second')
      const [moved, factor] = [p.Transpose(p.x).as('first'), gated ? p.op('Sigmoid|HardSigmoid', laid).as('gate') : laid]
      return at === 0 ? p.op(binary, factor, moved) : p.op(binary, moved, factor)
    }, ({ x, root, nodes }, make, refuse) => {
      const [order, value, gate] = [perm(nodes['first']), nodes['second']!.outputs[0]!, nodes['gate']]
      const sizes = sizesOf(value)
      if (order === undefined || sizes?.length !== order.length || sizes.filter(d => d !== 1).length > 1) return refuse('elements move')
      const again = make.Reshape(value, make.ints(invertPerm(order).map(a => sizes[a]!)))
      const factor = gate ? make.op(gate.op, [again], gate.attributes) : again
      return make.Transpose(make.op(root.op, at === 0 ? [factor, x] : [x, factor], root.attributes), { perm: order })
    }),
  )),
]

/** Lets transposes meet: merges those that follow each other, sinks them through elementwise operators, and reshapes where no element moves. */
export const mergeTransposes: Pass = rulesPass('merge-transposes', transposeRules)
