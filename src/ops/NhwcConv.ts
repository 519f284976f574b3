import { Conv } from './Conv.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcConv: Operator = nhwcOperator(Conv)
