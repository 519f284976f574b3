import type { Expr } from '../expr/expr.ts'
import { constant } from '../expr/expr.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { castTo } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { AttributeReader, Operator } from './operator.ts'

function isInfinite(x: Expr, attributes: AttributeReader): Expr {
  const [negative, positive] = [attributes.int('detect_negative', 1), attributes.int('detect_positive', 1)]
  if (!negative && !positive) return constant(false, 'bool')
  const infinite = x.apply('isinf')
  return negative && positive ? infinite : infinite.and(negative ? x.lt(0) : x.gt(0))
}

export const IsInf: Operator = unaryOperator('IsInf', isInfinite, {
  gives: 'bool',
  downgrade: {
    10(step) {
      const { node, b, attributes } = step
      const x = castTo(b, node.inputs[0], 'float64')
      const [below, above] = [b.op('Less', [x, b.scalar(-Number.MAX_VALUE, 'float64')]), b.op('Greater', [x, b.scalar(Number.MAX_VALUE, 'float64')])]
      const [negative, positive] = [attributes.int('detect_negative', 1), attributes.int('detect_positive', 1)]
      become(step, negative && positive ? b.op('Or', [below, above]) : negative || positive ? b.op('Or', [negative ? below : above, negative ? below : above]) : b.op('And', [below, above]))
    },
  },
})
