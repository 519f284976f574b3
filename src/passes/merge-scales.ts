import type { Value } from '../ir/model.ts'
import { elementCount } from '../ir/types.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { constantOf, dtypeOf, numbersOf, rankOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** One number that adds no axes. */
const isOne = (x: Value, by: Value): boolean => elementCount(constantOf(by)!.shape) === 1 && constantOf(by)!.shape.length <= (rankOf(x) ?? 0)

const merged = (name: string, turned: boolean): Rule =>
  rule(name, p => {
    const other = p.Mul(p.b, p.constant('second'))
    return p.MatMul(p.Mul(p.a, p.constant('first')), turned ? p.Transpose(other).as('turned') : other)
  }, ({ nodes, a, b, first, second }, make, refuse) => {
    const [dtype, p, q] = [dtypeOf(a), numbersOf(first), numbersOf(second)]
    if ((dtype !== 'float32' && dtype !== 'float64') || p === undefined || q === undefined || !isOne(a, first) || !isOne(b, second)) return refuse('they are not one number each of a type that rounds little')
    return make.MatMul(make.Mul(a, make.scalar(p[0]! * q[0]!, dtype)), turned ? make.Transpose(b, nodes['turned']!.attributes) : b)
  })

export const mergeScaleRules: readonly Rule[] = [merged('merge-scales', false), merged('merge-scales-turned', true)]

/** One scale for the two sides of a product, where neither went into weights: exporters split that of attention in two. */
export const mergeScales: Pass = rulesPass('merge-scales', mergeScaleRules)
