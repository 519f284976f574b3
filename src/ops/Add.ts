import { addDims } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyArithmetic } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Add: Operator = binaryOperator('Add', (a, b) => a.add(b), { onSizes: addDims, ...legacyArithmetic })
