import { numbers, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf } from '../operator.ts'

export const ZEROS_LIKE: TfliteOperator = unary('ZEROS_LIKE', (b, x) => b.op('Expand', [b.scalar(0, dtypeOf(x) ?? 'float32'), b.op('Shape', [x])]), { options: 'ZerosLikeOptions', takes: { dtypes: [numbers] } })
