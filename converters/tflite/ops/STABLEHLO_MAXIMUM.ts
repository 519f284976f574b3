import { byKind, elementwise, hloNumbers } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_MAXIMUM: TfliteOperator = elementwise('STABLEHLO_MAXIMUM', byKind({ bool: 'Or', float: 'Max' }), { dtypes: [hloNumbers] })
