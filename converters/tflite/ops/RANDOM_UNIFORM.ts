import { draws } from '../kit/draw.ts'
import type { TfliteOperator } from '../operator.ts'

/** From 0 to 1. */
export const RANDOM_UNIFORM: TfliteOperator = draws('RANDOM_UNIFORM', 'RandomUniformLike')
