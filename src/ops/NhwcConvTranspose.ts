import { ConvTranspose } from './ConvTranspose.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcConvTranspose: Operator = nhwcOperator(ConvTranspose)
