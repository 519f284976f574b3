import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const SIGN: TfliteOperator = unary('SIGN', 'Sign', { options: 'SignOptions', version: versionBy({ int32: 2 }), takes: { dtypes: [['float32', 'float64', 'int32']] } })
