import { draws } from '../kit/draw.ts'
import type { TfliteOperator } from '../operator.ts'

export const RANDOM_STANDARD_NORMAL: TfliteOperator = draws('RANDOM_STANDARD_NORMAL', 'RandomNormalLike')
