import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Log: Operator = unaryOperator('Log', x => x.apply('log'), consumed)
