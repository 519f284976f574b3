import { constant } from '../expr/expr.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Sigmoid: Operator = unaryOperator('Sigmoid', x => constant(1, x.type).div(x.neg().apply('exp').add(1)), consumed)
