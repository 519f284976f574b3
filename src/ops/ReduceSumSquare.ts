import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceSumSquare: Operator = reduceOperator('ReduceSumSquare', r => r.reduce('sum', x => x.mul(x)), { decompose: (b, x, same) => same('ReduceSum', b.op('Mul', [x, x])) })
