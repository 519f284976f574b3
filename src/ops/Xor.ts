import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Xor: Operator = binaryOperator('Xor', (a, b) => a.ne(b), {
  decompose: (b, node) => [b.op('Not', [b.op('Equal', node.inputs)])],
  ...legacyBroadcast,
})
