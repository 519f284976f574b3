import { constant, read, select } from '../expr/expr.ts'
import { dtypeOf } from './kit/algebra.ts'
import { floatType, reducedStage, reduceOperator, wideFloat } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

/** The largest finite numbers: a shift by an infinite maximum would make NaN. */
const largest: Readonly<Record<string, number>> = { float16: 65504, float64: Number.MAX_VALUE }

export const ReduceLogSumExp: Operator = reduceOperator(
  'ReduceLogSumExp',
  r => {
    const type = floatType(r.dtype)
    const highest = reducedStage('max', r.x.shape, wideFloat(r.dtype), r.axes, (...i) => read(r.x, i).to(type), m => select(m.apply('isinf'), constant(0, type), m))
    const shift = r.kept(highest).to(type)
    return r.reduce('sum', x => x.to(type).sub(shift).apply('exp')).apply('log').add(shift)
  },
  {
    // the maximum along the axes is as hard to say as the operator itself
    bySum: () => undefined,
    decompose(b, x, same) {
      const dtype = dtypeOf(x)
      if (dtype === undefined) return undefined
      const bound = largest[dtype] ?? 3.4028234663852886e38
      const finite = (m: typeof x) => b.op('Clip', [m, b.scalar(-bound, dtype), b.scalar(bound, dtype)])
      const shifted = b.op('Sub', [x, finite(same('ReduceMax', x, true))])
      return b.op('Add', [b.op('Log', [same('ReduceSum', b.op('Exp', [shifted]))]), finite(same('ReduceMax', x))])
    },
  },
)
