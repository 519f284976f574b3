import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { dtypeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Bits of the whole numbers that a float holds exactly. */
const mantissa: Partial<Record<DType, number>> = { float16: 11, bfloat16: 8, float32: 24, float64: 53 }

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
  rule('merge-casts', p => p.Cast(p.Cast(p.x).shared().as('first')), ({ x, root, nodes }, make, refuse) => {
    const [from, through] = [dtypeOf(x), dtypeOf(nodes['first']!.outputs[0])]
    if (from === undefined || through === undefined || !holds(from, through)) return refuse(`${through} does not hold every ${from}`)
    return from === dtypeOf(root.outputs[0]) ? x : make.Cast(x, root.attributes)
  }),
]

/** Merges casts where the type in between holds every value. */
export const mergeCasts: Pass = rulesPass('merge-casts', castRules)
