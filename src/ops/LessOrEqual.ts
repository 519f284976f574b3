import { lowerBound, subDims, upperBound } from '../ir/dim.ts'
import { binaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const LessOrEqual: Operator = binaryOperator('LessOrEqual', (a, b) => a.le(b), {
  widening: 'ordered',
  gives: 'bool',
  onSizes(a, b) {
    const difference = subDims(a, b)
    return upperBound(difference) <= 0 ? 1 : lowerBound(difference) > 0 ? 0 : undefined
  },
  decompose: (b, node) => [b.op('Or', [b.op('Less', node.inputs), b.op('Equal', node.inputs)])],
})
