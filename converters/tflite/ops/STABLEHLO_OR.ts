import { byKind, elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_OR: TfliteOperator = elementwise('STABLEHLO_OR', byKind({ bool: 'Or', int: 'BitwiseOr', float: 'BitwiseOr' }))
