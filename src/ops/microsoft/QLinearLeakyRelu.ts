import { select } from '../../expr/expr.ts'
import { quantizedUnary } from '../kit/qlinear.ts'
import { single } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

export const QLinearLeakyRelu: Operator = quantizedUnary('QLinearLeakyRelu', 'LeakyRelu', (x, attributes) =>
  select(x.ge(0), x, single(x.mul(Math.fround(attributes.float('alpha', 0.01))))),
)
