import { extremeOf, reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceMax: Operator = reduceOperator(
  'ReduceMax',
  r => (r.count === 0 ? extremeOf(r.dtype, 'least') : r.reduce(r.dtype === 'bool' ? 'or' : 'max', x => x)),
  { plain: true, widening: 'ordered' },
)
