import { lowerBound, subDims, upperBound } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const GreaterOrEqual: Operator = binaryOperator('GreaterOrEqual', (a, b) => a.ge(b), {
  widening: 'ordered',
  gives: 'bool',
  onSizes(a, b) {
    const difference = subDims(a, b)
    return lowerBound(difference) >= 0 ? 1 : upperBound(difference) < 0 ? 0 : undefined
  },
  decompose: (b, node) => [b.op('Or', [b.op('Greater', node.inputs), b.op('Equal', node.inputs)])],
})
