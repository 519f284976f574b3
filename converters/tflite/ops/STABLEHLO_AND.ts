import { byKind, elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_AND: TfliteOperator = elementwise('STABLEHLO_AND', byKind({ bool: 'And', int: 'BitwiseAnd', float: 'BitwiseAnd' }), { dtypes: [['bool', 'int8', 'int16', 'int32', 'int64']] })
