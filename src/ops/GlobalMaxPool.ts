import { read, reduce, stage } from '../expr/expr.ts'
import { inferGlobalPool } from './kit/pool.ts'
import type { Operator } from './operator.ts'

export const GlobalMaxPool: Operator = {
  name: 'GlobalMaxPool',
  infer: inferGlobalPool,
  compute(k) {
    const x = k.input(0)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => reduce('max', x.shape.slice(2), (...t) => read(x, [i[0]!, i[1]!, ...t])))]
  },
}
