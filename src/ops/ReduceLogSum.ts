import { reduceOperator, through } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceLogSum: Operator = reduceOperator('ReduceLogSum', r => through(r.reduce('sum', x => x), 'log'), { decompose: (b, x, same) => b.op('Log', [same('ReduceSum', x)]) })
