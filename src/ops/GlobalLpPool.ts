import { read, stage, sum } from '../expr/expr.ts'
import { inferGlobalPool, powerToFloat, powerToInt } from './kit/pool.ts'
import { power, root } from './LpPool.ts'
import type { Operator } from './operator.ts'

export const GlobalLpPool: Operator = {
  name: 'GlobalLpPool',
  infer: inferGlobalPool,
  compute(k) {
    const x = k.input(0)
    const p = k.attributes.int('p', 2)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => root(sum(x.shape.slice(2), (...t) => power(read(x, [i[0]!, i[1]!, ...t]), p)), p))]
  },
  upgrade: { 2: powerToInt },
  downgrade: { 2: powerToFloat },
}
