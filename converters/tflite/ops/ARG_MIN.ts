import { argOperator } from '../kit/arg.ts'
import type { TfliteOperator } from '../operator.ts'

export const ARG_MIN: TfliteOperator = argOperator('ARG_MIN', 'ArgMinOptions', 'ArgMin')
