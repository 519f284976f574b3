import { MaxPool } from './MaxPool.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcMaxPool: Operator = nhwcOperator(MaxPool)
