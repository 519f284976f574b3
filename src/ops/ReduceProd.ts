import { reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceProd: Operator = reduceOperator('ReduceProd', r => r.reduce('prod', x => x), { plain: true })
