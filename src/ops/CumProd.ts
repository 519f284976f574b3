import { cumulate } from './kit/cumulate.ts'
import type { Operator } from './operator.ts'

export const CumProd: Operator = cumulate('CumProd', 'prod')
