import { AveragePool } from './AveragePool.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcAveragePool: Operator = nhwcOperator(AveragePool)
