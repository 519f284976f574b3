import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceSum: Operator = reduceOperator('ReduceSum', r => r.reduce('sum', x => x), { axesInput: 13, plain: true })
