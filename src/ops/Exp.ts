import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Exp: Operator = unaryOperator('Exp', x => x.apply('exp'), consumed)
