import { reduceOperator, through } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceL2: Operator = reduceOperator('ReduceL2', r => through(r.reduce('sum', x => x.mul(x)), 'sqrt'), { decompose: (b, x, same) => b.op('Sqrt', [same('ReduceSum', b.op('Mul', [x, x]))]) })
