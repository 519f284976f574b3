import { read, stage, sum } from '../expr/expr.ts'
import { elementCount } from '../ir/types.ts'
import { inferGlobalPool } from './kit/pool.ts'
import type { Operator } from './operator.ts'

export const GlobalAveragePool: Operator = {
  name: 'GlobalAveragePool',
  infer: inferGlobalPool,
  compute(k) {
    const x = k.input(0)
    const image = x.shape.slice(2)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => sum(image, (...t) => read(x, [i[0]!, i[1]!, ...t])).div(elementCount(image)))]
  },
}
