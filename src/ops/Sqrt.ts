import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Sqrt: Operator = unaryOperator('Sqrt', x => x.apply('sqrt'), consumed)
