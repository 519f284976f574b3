import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceL1: Operator = reduceOperator('ReduceL1', r => r.reduce('sum', x => x.abs()), { decompose: (b, x, same) => same('ReduceSum', b.op('Abs', [x])) })
