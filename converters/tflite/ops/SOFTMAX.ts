import { optionsOf } from '../kit/attributes.ts'
import { floats, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, versionBy } from '../operator.ts'

/** Over the last axis, of exponents scaled by `beta`. */
export const SOFTMAX: TfliteOperator = unary(
  'SOFTMAX',
  (b, x, node) => {
    const beta = optionsOf(node).float('beta', 0)
    return b.op('Softmax', [beta === 1 ? x : b.op('Mul', [x, b.scalar(beta, dtypeOf(x) ?? 'float32')])], { axis: -1 })
  },
  { options: 'SoftmaxOptions', version: versionBy({ int8: 2, int16: 3 }), takes: { dtypes: [floats], maxRank: 4 } },
)
