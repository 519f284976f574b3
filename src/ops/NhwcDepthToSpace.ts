import { DepthToSpace } from './DepthToSpace.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcDepthToSpace: Operator = nhwcOperator(DepthToSpace)
