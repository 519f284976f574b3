import { minDims } from '../ir/dim.ts'
import { variadicOperator } from './kit/elementwise.ts'
import { chain } from './kit/variadic.ts'
import { consumed } from './kit/versions.ts'
import { ofLongs, ofOneShape } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Min: Operator = variadicOperator('Min', (a, b) => a.min(b), {
  widening: 'ordered',
  onSizes: minDims,
  decompose: (b, node) => (node.inputs.length === 2 ? undefined : [chain(b, 'Min', node)]),
  ...consumed,
  downgrade: { 12: ofLongs('Less'), 8: ofOneShape },
})
