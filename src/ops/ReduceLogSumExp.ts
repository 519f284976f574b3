import { constant, select } from '../expr/expr.ts'
import { kindOf } from '../ir/dtype.ts'
import { dtypeOf } from './kit/algebra.ts'
import { reducedStage, reduceOperator, wideFloat } from './kit/reduce.ts'
import type { Operator } from './operator.ts'
import { read } from '../expr/expr.ts'

/** The largest finite numbers: a shift by an infinite maximum would make NaN. */
const largest = { float16: 65504, float64: Number.MAX_VALUE } as Readonly<Record<string, number>>

export const ReduceLogSumExp: Operator = reduceOperator(
  'ReduceLogSumExp',
  r => {
    const type = r.dtype === 'float64' || kindOf(r.dtype) !== 'float' ? 'double' : 'float'
    const highest = reducedStage('max', r.x.shape, wideFloat(r.dtype), r.axes, (...i) => read(r.x, i).to(type), m => select(m.apply('isinf'), constant(0, type), m))
    const shift = r.kept(highest).to(type)
    return r.reduce('sum', x => x.to(type).sub(shift).apply('exp')).apply('log').add(shift).to(r.x.dtype === r.dtype ? type : 'float')
  },
  {
    decompose(b, x, same) {
      const dtype = dtypeOf(x) ?? 'float32'
      const bound = largest[dtype] ?? 3.4028234663852886e38
      const finite = (m: typeof x) => b.op('Clip', [m, b.scalar(-bound, dtype), b.scalar(bound, dtype)])
      const highest = finite(same('ReduceMax', x))
      return b.op('Add', [b.op('Log', [same('ReduceSum', b.op('Exp', [b.op('Sub', [x, highest])]))]), highest])
    },
  },
)
