import { float } from '../../../src/ir/attribute.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

/** Along the last axis: x / (bias + alpha times the sum of squares within the radius) to the power of beta. */
export const LOCAL_RESPONSE_NORMALIZATION: TfliteOperator = unary(
  'LOCAL_RESPONSE_NORMALIZATION',
  (b, x, node) => {
    const a = optionsOf(node)
    const size = 2 * a.int('radius', 0) + 1
    const y = b.op('LRN', [b.op('Transpose', [x], { perm: [0, 3, 1, 2] })], { size, alpha: float(a.float('alpha', 0) * size), beta: float(a.float('beta', 0)), bias: float(a.float('bias', 0)) })
    return b.op('Transpose', [y], { perm: [0, 2, 3, 1] })
  },
  { options: 'LocalResponseNormalizationOptions', takes: { dtypes: [floats], maxRank: 4 } },
)
