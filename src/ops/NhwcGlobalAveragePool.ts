import { GlobalAveragePool } from './GlobalAveragePool.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcGlobalAveragePool: Operator = nhwcOperator(GlobalAveragePool)
