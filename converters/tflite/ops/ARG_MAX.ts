import { argOperator } from '../kit/arg.ts'
import type { TfliteOperator } from '../operator.ts'

export const ARG_MAX: TfliteOperator = argOperator('ARG_MAX', 'ArgMaxOptions', 'ArgMax')
