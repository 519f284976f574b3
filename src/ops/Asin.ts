import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Asin: Operator = unaryOperator('Asin', x => x.apply('asin'))
