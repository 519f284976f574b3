import { argOperator } from './kit/arg.ts'
import type { Operator } from './operator.ts'

export const ArgMin: Operator = argOperator('ArgMin', 'min')
