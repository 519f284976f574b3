import { bitsOf, kindOf } from '../ir/dtype.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { castTo, knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Sign: Operator = unaryOperator('Sign', x => x.apply('sign'), {
  widening: 'ordered',
  downgrade: {
    9(step) {
      const { node, b } = step
      const dtype = knownDType(step)
      if (bitsOf(dtype) > 32 && dtype !== 'float64') return step.refuse(`${dtype} has no order there`)
      const wide = kindOf(dtype) === 'float' ? dtype : 'float64'
      const clip = (low: number, high: number) => b.op('Clip', [castTo(b, node.inputs[0], wide), b.scalar(low, wide), b.scalar(high, wide)])
      become(step, castTo(b, b.op('Add', [b.op('Ceil', [clip(0, 1)]), b.op('Floor', [clip(-1, 0)])]), dtype))
    },
  },
})
