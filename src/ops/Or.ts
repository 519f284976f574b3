import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Or: Operator = binaryOperator('Or', (a, b) => a.or(b), {
  onSizes: (a, b) => (a === 1 || b === 1 ? 1 : a === 0 && b === 0 ? 0 : undefined),
  ...legacyBroadcast,
})
