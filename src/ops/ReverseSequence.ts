import type { Expr } from '../expr/expr.ts'
import { read, select, stage } from '../expr/expr.ts'
import { replaceAt } from './kit/axes.ts'
import type { Operator } from './operator.ts'

export const ReverseSequence: Operator = {
  name: 'ReverseSequence',
  moves: true,
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length < 2) ctx.fail(`its input has rank ${shape.length}`)
    if (ctx.attributes.int('batch_axis', 1) + ctx.attributes.int('time_axis', 0) !== 1) ctx.fail('its batch and time axes must be 0 and 1')
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const [x, lengths] = [k.input(0), k.input(1)]
    const [batch, time] = [k.attributes.int('batch_axis', 1), k.attributes.int('time_axis', 0)]
    return [
      stage(x.shape, k.outputDType(0), (...i) => {
        const length = read(lengths, [i[batch]!]).to('int')
        const t = i[time]!
        const from = select(t.lt(length), length.sub(1).sub(t), t).clamp(0, Math.max(0, x.shape[time]! - 1))
        return read(x, replaceAt<Expr>(i, time, from))
      }),
    ]
  },
}
