import { GlobalMaxPool } from './GlobalMaxPool.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcGlobalMaxPool: Operator = nhwcOperator(GlobalMaxPool)
