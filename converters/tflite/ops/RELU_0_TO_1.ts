import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const RELU_0_TO_1: TfliteOperator = unary('RELU_0_TO_1', (b, x) => b.op('Clip', [x, b.scalar(0, 'float32'), b.scalar(1, 'float32')]))
