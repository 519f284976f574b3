import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Sign: Operator = unaryOperator('Sign', x => x.apply('sign'), { widening: 'ordered' })
