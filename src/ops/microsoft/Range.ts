import type { Value } from '../../ir/model.ts'
import { dtypeOf, shapeOf } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'
import { Range as OnnxRange } from '../Range.ts'

/** The bounds may have one axis, and the step may be left out. */
export const Range: Operator = {
  name: 'Range',
  domain: 'com.microsoft',
  host: [0, 1, 2],
  infer: ctx =>
    OnnxRange.infer({
      ...ctx,
      constant: i => (i === 2 && !ctx.has(2) ? [1] : ctx.constant(i)),
      shapeValue: i => (i === 2 && !ctx.has(2) ? [1] : ctx.shapeValue(i)),
    }),
  decompose(b, { inputs: [start, limit, delta] }) {
    const dtype = dtypeOf(start)
    const scalar = (x: Value | undefined): Value | undefined => (x && shapeOf(x)?.length !== 0 ? b.op('Reshape', [x, b.ints([])]) : x)
    return dtype && [b.op('Range', [scalar(start), scalar(limit), delta ? scalar(delta) : b.scalar(1, dtype)])]
  },
}
