import { lowerBound, subDims, upperBound } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Greater: Operator = binaryOperator('Greater', (a, b) => a.gt(b), {
  widening: 'ordered',
  gives: 'bool',
  onSizes(a, b) {
    const difference = subDims(a, b)
    return lowerBound(difference) > 0 ? 1 : upperBound(difference) <= 0 ? 0 : undefined
  },
  ...legacyBroadcast,
})
