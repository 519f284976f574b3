import { cumulate } from './kit/cumulate.ts'
import type { Operator } from './operator.ts'

export const CumSum: Operator = cumulate('CumSum', 'sum')
