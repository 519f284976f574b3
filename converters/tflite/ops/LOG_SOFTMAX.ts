import { floats, unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const LOG_SOFTMAX: TfliteOperator = unary('LOG_SOFTMAX', (b, x) => b.op('LogSoftmax', [x], { axis: -1 }), { options: 'LogSoftmaxOptions', version: versionBy({ int8: 2 }), takes: { dtypes: [floats], maxRank: 4 } })
