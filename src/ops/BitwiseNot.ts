import { bitsOf, kindOf } from '../ir/dtype.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const BitwiseNot: Operator = unaryOperator('BitwiseNot', x => x.not(), {
  downgrade: {
    18(step) {
      const { node, b } = step
      const dtype = knownDType(step)
      become(step, b.op('Sub', [b.scalar(kindOf(dtype) === 'int' ? -1 : (1n << BigInt(bitsOf(dtype))) - 1n, dtype), node.inputs[0]]))
    },
  },
})
