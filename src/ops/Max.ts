import { maxDims } from '../ir/dim.ts'
import { variadicOperator } from './kit/elementwise.ts'
import { chain } from './kit/variadic.ts'
import { consumed } from './kit/versions.ts'
import { ofLongs, ofOneShape } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Max: Operator = variadicOperator('Max', (a, b) => a.max(b), {
  widening: 'ordered',
  onSizes: maxDims,
  decompose: (b, node) => (node.inputs.length === 2 ? undefined : [chain(b, 'Max', node)]),
  ...consumed,
  downgrade: { 12: ofLongs('Greater'), 8: ofOneShape },
})
