import { float } from '../../../src/ir/attribute.ts'
import { optionsOf } from '../kit/attributes.ts'
import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const LEAKY_RELU: TfliteOperator = unary('LEAKY_RELU', (b, x, node) => b.op('LeakyRelu', [x], { alpha: float(optionsOf(node).float('alpha', 0)) }), { options: 'LeakyReluOptions', version: versionBy({ int16: 2 }) })
