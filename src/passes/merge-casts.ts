import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import { numberOfDType } from '../ops/kit/datatype.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { reshapedTensor } from '../ir/tensor.ts'
import { constantOf, dtypeOf, permOf, sizesOf } from './kit/values.ts'
import { transposeTensor } from './kit/weights.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Bits of the whole numbers that a float holds exactly. */
const mantissa: Partial<Record<DType, number>> = { float16: 11, bfloat16: 8, float32: 24, float64: 53 }

/** Operators that only lay out elements anew. */
const moves = 'Transpose|Reshape|Squeeze|Unsqueeze|Flatten'

/** Every value of `a` is a value of `b`. */
export function holds(a: DType, b: DType): boolean {
  if (a === b || a === 'bool') return kindOf(b) !== 'string'
  const [ka, kb] = [kindOf(a), kindOf(b)]
  if (ka === 'float') return (mantissa[a] !== undefined && (b === 'float64' || (b === 'float32' && a !== 'float64'))) || false
  if (ka === 'uint') return kb === 'uint' ? bitsOf(b) >= bitsOf(a) : kb === 'int' ? bitsOf(b) > bitsOf(a) : (mantissa[b] ?? 0) >= bitsOf(a)
  if (ka === 'int') return kb === 'int' ? bitsOf(b) >= bitsOf(a) : (mantissa[b] ?? 0) >= bitsOf(a) - 1
  return false
}

export const castRules: readonly Rule[] = [
  rule('cast-for-cast-like', p => p.op('CastLike', p.x, p.value('like')), ({ x, root, like }, make, refuse) => {
    const to = dtypeOf(like)
    return to === undefined ? refuse('the element type is not known') : make.Cast(x, { ...root.attributes, to: numberOfDType(to) })
  }),
  rule('merge-casts', p => p.Cast(p.Cast(p.x).shared().as('first')), ({ x, root, nodes }, make, refuse) => {
    const [from, through] = [dtypeOf(x), dtypeOf(nodes['first']!.outputs[0])]
    if (from === undefined || through === undefined || !holds(from, through)) return refuse(`${through} does not hold every ${from}`)
    return from === dtypeOf(root.outputs[0]) ? x : make.Cast(x, root.attributes)
  }),
  // weights that are kept in a narrow type are laid out before the cast, and stay narrow
  rule('move-stored-weights', p => p.op(moves, p.op('Cast', p.constant('c')).as('cast')).rest().where(n => n.inputs.slice(1).every(v => !v || v.isConstant)), ({ c, root, nodes }, make, refuse) => {
    const [tensor, shape] = [constantOf(c)!, sizesOf(root.outputs[0])]
    if (shape === undefined || tensor.strings || bitsOf(tensor.dtype) % 8 !== 0) return refuse('the shape is not known, or elements take no whole bytes')
    const moved = root.op === 'Transpose' ? transposeTensor(tensor, permOf(root, tensor.shape.length)) : reshapedTensor(tensor, shape)
    return make.Cast(make.constant(moved, c.name), nodes['cast']!.attributes)
  }),
]

/** Merges casts where the type in between holds every value; says what they cast to where that was left to another value; constants are laid out before they are cast. */
export const mergeCasts: Pass = rulesPass('merge-casts', castRules)
