import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const IsNaN: Operator = unaryOperator('IsNaN', x => x.apply('isnan'), { gives: 'bool' })
