import { mulDims } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyArithmetic } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Mul: Operator = binaryOperator('Mul', (a, b) => a.mul(b), { onSizes: (a, b) => mulDims(a, b), ...legacyArithmetic })
