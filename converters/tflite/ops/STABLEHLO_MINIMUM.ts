import { byKind, elementwise, hloNumbers } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_MINIMUM: TfliteOperator = elementwise('STABLEHLO_MINIMUM', byKind({ bool: 'And', float: 'Min' }), { dtypes: [hloNumbers] })
