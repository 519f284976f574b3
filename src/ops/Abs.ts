import { lowerBound, mulDims, upperBound } from '../ir/dim.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Abs: Operator = unaryOperator('Abs', x => x.abs(), {
  onSizes: d => (lowerBound(d) >= 0 ? d : upperBound(d) <= 0 ? mulDims(-1, d) : undefined),
  ...consumed,
})
