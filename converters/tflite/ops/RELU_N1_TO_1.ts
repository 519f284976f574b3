import { activate } from '../kit/activation.ts'
import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

export const RELU_N1_TO_1: TfliteOperator = unary('RELU_N1_TO_1', (b, x) => activate(b, x, 'RELU_N1_TO_1')!)
