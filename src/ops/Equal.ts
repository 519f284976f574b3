import type { Dim } from '../ir/dim.ts'
import { kindOf } from '../ir/dtype.ts'
import type { Value } from '../ir/model.ts'
import { dimDiffers, dimEquals } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { hasNoNumbers, zipStrings } from './kit/strings.ts'
import { become, legacyBroadcast } from './kit/versions.ts'
import { castTo, equalFloats, knownDType } from './kit/older.ts'
import type { Operator } from './operator.ts'

const equalSizes = (a: Dim, b: Dim): Dim | undefined => (dimEquals(a, b) ? 1 : dimDiffers(a, b) ? 0 : undefined)

export const Equal: Operator = binaryOperator('Equal', (a, b) => a.eq(b), {
  widening: 'ordered',
  gives: 'bool',
  onSizes: equalSizes,
  computeRefuses: hasNoNumbers,
  evaluate: ctx => [zipStrings(ctx.tensor(0), ctx.tensor(1), (a, b) => a === b)],
  upgrade: legacyBroadcast.upgrade!,
  downgrade: {
    ...legacyBroadcast.downgrade,
    11(step) {
      const { node, b } = step
      const dtype = knownDType(step)
      const [x, y] = node.inputs as [Value, Value]
      if (kindOf(dtype) === 'float') return become(step, equalFloats(b, x, y))
      if (dtype === 'uint64') node.setInputs([castTo(b, x, 'int64'), castTo(b, y, 'int64')])
    },
  },
})
