import type { Expr } from '../expr/expr.ts'
import { select } from '../expr/expr.ts'
import { kindOf } from '../ir/dtype.ts'
import { dtypeOf } from './kit/algebra.ts'
import type { Reduction } from './kit/reduce.ts'
import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

/** The mean of integers, rounded toward zero, whose sum may be beyond their range. */
function wholeMean(r: Reduction): Expr {
  if (r.count === 0) return r.reduce('sum', x => x)
  const rest = r.reduce('sum', x => x.floormod(r.count))
  const floor = r.reduce('sum', x => x.floordiv(r.count)).add(rest.floordiv(r.count))
  return select(floor.lt(0).and(rest.floormod(r.count).ne(0)), floor.add(1), floor)
}

export const ReduceMean: Operator = reduceOperator('ReduceMean', r => (kindOf(r.dtype) === 'float' ? r.reduce('sum', x => x).div(r.count) : wholeMean(r)), {
  plain: true,
  bySum: (b, x, same) => b.op('Div', [same('ReduceSum', x), same('ReduceSum', b.op('Expand', [b.scalar(1, dtypeOf(x) ?? 'float32'), b.op('Shape', [x])]))]),
})
