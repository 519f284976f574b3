import type { Dim } from '../ir/dim.ts'
import { dimDiffers, dimEquals } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { hasNoNumbers, zipStrings } from './kit/strings.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

const equalSizes = (a: Dim, b: Dim): Dim | undefined => (dimEquals(a, b) ? 1 : dimDiffers(a, b) ? 0 : undefined)

export const Equal: Operator = binaryOperator('Equal', (a, b) => a.eq(b), {
  widening: 'ordered',
  gives: 'bool',
  onSizes: equalSizes,
  computeRefuses: hasNoNumbers,
  evaluate: ctx => [zipStrings(ctx.tensor(0), ctx.tensor(1), (a, b) => a === b)],
  ...legacyBroadcast,
})
