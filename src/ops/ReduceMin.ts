import { extremeOf, reduceOperator } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const ReduceMin: Operator = reduceOperator(
  'ReduceMin',
  r => (r.count === 0 ? extremeOf(r.dtype, 'greatest') : r.reduce(r.dtype === 'bool' ? 'and' : 'min', x => x)),
  { plain: true, widening: 'ordered' },
)
