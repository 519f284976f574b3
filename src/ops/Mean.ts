import { nodeAlgebra } from './kit/algebra.ts'
import { variadicOperator } from './kit/elementwise.ts'
import { chain } from './kit/variadic.ts'
import { consumed } from './kit/versions.ts'
import { ofOneShape } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Mean: Operator = variadicOperator('Mean', (a, b) => a.add(b), {
  finish: (x, count) => x.div(count),
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    return m && [m.div(chain(b, 'Add', node), node.inputs.length)]
  },
  ...consumed,
  downgrade: { 8: ofOneShape },
})
