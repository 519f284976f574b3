import { floatType, reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceL2: Operator = reduceOperator('ReduceL2', r => r.reduce('sum', x => x.to(floatType(r.dtype)).mul(x.to(floatType(r.dtype)))).apply('sqrt'), {
  decompose: (b, x, same) => b.op('Sqrt', [same('ReduceSum', b.op('Mul', [x, x]))]),
})
