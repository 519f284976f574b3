import { byKind, elementwise, hloNumbers } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_ADD: TfliteOperator = elementwise('STABLEHLO_ADD', byKind({ bool: 'Or', float: 'Add' }), { dtypes: [hloNumbers] })
