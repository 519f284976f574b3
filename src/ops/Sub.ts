import { subDims } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyArithmetic } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Sub: Operator = binaryOperator('Sub', (a, b) => a.sub(b), { onSizes: subDims, ...legacyArithmetic })
