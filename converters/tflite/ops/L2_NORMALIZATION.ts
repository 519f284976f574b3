import { activate } from '../kit/activation.ts'
import { activationOf } from '../kit/attributes.ts'
import { floats, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

/** Over the last axis; the norm is at least 1e-6. */
export const L2_NORMALIZATION: TfliteOperator = unary(
  'L2_NORMALIZATION',
  (b, x, node) => {
    const norm = b.op('Max', [b.op('ReduceL2', [x, b.ints([-1])], { keepdims: true }), b.scalar(1e-6, 'float32')])
    return activate(b, b.op('Div', [x, norm]), activationOf(node))!
  },
  { options: 'L2NormOptions', version: versionBy({ int8: 2 }), takes: { dtypes: [floats], maxRank: 4 } },
)
