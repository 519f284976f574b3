import { read, stage } from '../expr/expr.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { softmaxOperator } from './kit/softmax.ts'
import type { Operator } from './operator.ts'

export const Softmax: Operator = softmaxOperator('Softmax', ({ x, exponentials, sums }) => {
  const total = sums()
  return stage(x.shape, x.dtype, (...i) => read(exponentials(), i).div(readBroadcast(total, i)))
})
