import { constant, read, scalarOf, select, stage } from '../expr/expr.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { reducedStage } from './kit/reduce.ts'
import { softmaxOperator } from './kit/softmax.ts'
import type { Operator } from './operator.ts'

export const Hardmax: Operator = softmaxOperator('Hardmax', ({ x, axis, highest }) => {
  const first = reducedStage('min', x.shape, 'int32', [axis], (...i) => select(read(x, i).eq(readBroadcast(highest, i)), i[axis]!, x.shape[axis]!))
  return stage(x.shape, x.dtype, (...i) => select(i[axis]!.eq(readBroadcast(first, i)), constant(1, scalarOf(x.dtype)), 0))
})
