import { floatType, reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceLogSum: Operator = reduceOperator('ReduceLogSum', r => r.reduce('sum', x => x.to(floatType(r.dtype))).apply('log'), {
  decompose: (b, x, same) => b.op('Log', [same('ReduceSum', x)]),
})
