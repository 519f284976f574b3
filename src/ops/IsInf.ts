import type { Expr } from '../expr/expr.ts'
import { constant } from '../expr/expr.ts'
import { unaryOperator } from './kit/elementwise.ts'
import type { AttributeReader, Operator } from './operator.ts'

function isInfinite(x: Expr, attributes: AttributeReader): Expr {
  const [negative, positive] = [attributes.int('detect_negative', 1), attributes.int('detect_positive', 1)]
  if (!negative && !positive) return constant(false, 'bool')
  const infinite = x.apply('isinf')
  return negative && positive ? infinite : infinite.and(negative ? x.lt(0) : x.gt(0))
}

export const IsInf: Operator = unaryOperator('IsInf', isInfinite, { gives: 'bool' })
