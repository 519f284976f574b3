import { binary } from '../../expr/expr.ts'
import { quantizedUnary } from '../kit/qlinear.ts'
import { single } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

export const QLinearSigmoid: Operator = quantizedUnary('QLinearSigmoid', 'Sigmoid', x => single(binary('div', 1, x.neg().apply('exp').add(1))))
