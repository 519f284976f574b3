import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceMean: Operator = reduceOperator('ReduceMean', r => r.reduce('sum', x => x).div(r.count), { plain: true })
