import type { Dim } from '../ir/dim.ts'
import { floorDivDims, lowerBound } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyArithmetic } from './kit/versions.ts'
import type { Operator } from './operator.ts'

function divideSizes(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? undefined : Math.trunc(a / b)
  return lowerBound(a) >= 0 && lowerBound(b) >= 1 ? floorDivDims(a, b) : undefined
}

export const Div: Operator = binaryOperator('Div', (a, b) => a.div(b), { onSizes: divideSizes, ...legacyArithmetic })
