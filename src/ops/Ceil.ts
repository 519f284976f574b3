import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Ceil: Operator = unaryOperator('Ceil', x => x.apply('ceil'), consumed)
