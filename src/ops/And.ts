import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const And: Operator = binaryOperator('And', (a, b) => a.and(b), {
  onSizes: (a, b) => (a === 0 || b === 0 ? 0 : a === 1 && b === 1 ? 1 : undefined),
  ...legacyBroadcast,
})
