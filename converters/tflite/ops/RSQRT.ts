import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const RSQRT: TfliteOperator = unary('RSQRT', (b, x) => b.op('Reciprocal', [b.op('Sqrt', [x])]), { version: versionBy({ int8: 2, int16: 3 }) })
