import { dtypeOf } from './kit/algebra.ts'
import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceMean: Operator = reduceOperator('ReduceMean', r => r.reduce('sum', x => x).div(r.count), {
  plain: true,
  bySum: (b, x, same) => b.op('Div', [same('ReduceSum', x), same('ReduceSum', b.op('Expand', [b.scalar(1, dtypeOf(x) ?? 'float32'), b.op('Shape', [x])]))]),
})
