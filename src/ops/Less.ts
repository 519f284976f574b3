import { lowerBound, subDims, upperBound } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Less: Operator = binaryOperator('Less', (a, b) => a.lt(b), {
  widening: 'ordered',
  gives: 'bool',
  onSizes(a, b) {
    const difference = subDims(a, b)
    return upperBound(difference) < 0 ? 1 : lowerBound(difference) >= 0 ? 0 : undefined
  },
  ...legacyBroadcast,
})
