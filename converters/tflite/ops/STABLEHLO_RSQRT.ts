import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_RSQRT: TfliteOperator = elementwise('STABLEHLO_RSQRT', (b, [x]) => b.op('Reciprocal', [b.op('Sqrt', [x])]))
