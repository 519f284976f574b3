import { optionsOf } from '../kit/attributes.ts'
import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const GELU: TfliteOperator = unary('GELU', (b, x, node) => b.op('Gelu', [x], { approximate: optionsOf(node).int('approximate', 0) === 1 ? 'tanh' : 'none' }), { options: 'GeluOptions', version: versionBy({ int8: 2, uint8: 2 }) })
