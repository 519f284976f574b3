import { argOperator } from './kit/arg.ts'
import type { Operator } from './operator.ts'

export const ArgMax: Operator = argOperator('ArgMax', 'max')
