import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf } from '../operator.ts'

/** The cube root, of negative numbers too. */
export const STABLEHLO_CBRT: TfliteOperator = elementwise('STABLEHLO_CBRT', (b, [x]) => b.op('Mul', [b.op('Sign', [x]), b.op('Pow', [b.op('Abs', [x]), b.scalar(1 / 3, dtypeOf(x) ?? 'float32')])]))
