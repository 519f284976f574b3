import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Floor: Operator = unaryOperator('Floor', x => x.apply('floor'), consumed)
