import { unaryOperator } from './kit/elementwise.ts'
import { knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const IsNaN: Operator = unaryOperator('IsNaN', x => x.apply('isnan'), {
  gives: 'bool',
  downgrade: {
    9(step) {
      const { node, b } = step
      const number = (n: number) => b.scalar(n, knownDType(step))
      // every number is below 1 or above 0
      become(step, b.op('Not', [b.op('Or', [b.op('Less', [node.inputs[0], number(1)]), b.op('Greater', [node.inputs[0], number(0)])])]))
    },
  },
})
