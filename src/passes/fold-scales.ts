import type { Node, Value } from '../ir/model.ts'
import { shapeEquals } from '../ir/types.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import type { Affine } from './kit/linear.ts'
import { foldAfter, foldBefore, isPerChannel, linearOf } from './kit/linear.ts'
import { constantOf, intsOf, rankOf, shapeOf, stringOf } from './kit/values.ts'
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
const padded = (node: Node): boolean => (intsOf(node, 'pads') ?? []).some(p => p !== 0) || stringOf(node, 'auto_pad', 'NOTSET').startsWith('SAME')

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
    if (affine.shift && padded(root)) return refuse('the padding is not shifted')
    const folded = foldBefore(make, linear, x, affine)
    return typeof folded === 'string' ? refuse(folded) : folded
  }),
])

/** Folds products and sums with a number for each channel into the weights of the linear operator before or after. */
export const foldScales: Pass = rulesPass('fold-scales', scaleRules)
