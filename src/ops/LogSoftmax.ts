import { read, stage } from '../expr/expr.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { softmaxOperator } from './kit/softmax.ts'
import type { Operator } from './operator.ts'

export const LogSoftmax: Operator = softmaxOperator('LogSoftmax', ({ x, highest, sums }) => {
  const total = sums()
  return stage(x.shape, x.dtype, (...i) => read(x, i).sub(readBroadcast(highest, i)).sub(readBroadcast(total, i).apply('log')))
})
