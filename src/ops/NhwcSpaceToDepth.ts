import { SpaceToDepth } from './SpaceToDepth.ts'
import { nhwcOperator } from './kit/nhwc.ts'
import type { Operator } from './operator.ts'

export const NhwcSpaceToDepth: Operator = nhwcOperator(SpaceToDepth)
