import { byKind, elementwise, hloNumbers } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_MULTIPLY: TfliteOperator = elementwise('STABLEHLO_MULTIPLY', byKind({ bool: 'And', float: 'Mul' }), { dtypes: [hloNumbers] })
