import { unaryOperator } from './kit/elementwise.ts'
import { castTo, knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Round: Operator = unaryOperator('Round', x => x.apply('round'), {
  downgrade: {
    11(step) {
      const { node, b } = step
      const dtype = knownDType(step)
      const number = (n: number) => b.scalar(n, dtype)
      const below = b.op('Floor', [node.inputs[0]])
      const rest = b.op('Sub', [node.inputs[0], below])
      const half = b.op('Mul', [below, number(0.5)])
      const isOdd = b.op('Greater', [b.op('Sub', [half, b.op('Floor', [half])]), number(0.25)])
      const isHalf = b.op('Not', [b.op('Or', [b.op('Less', [rest, number(0.5)]), b.op('Greater', [rest, number(0.5)])])])
      const up = b.op('Or', [b.op('Greater', [rest, number(0.5)]), b.op('And', [isHalf, isOdd])])
      become(step, b.op('Add', [below, castTo(b, up, dtype)]))
    },
  },
})
