import type { Expr } from '../expr/expr.ts'
import { read, stage } from '../expr/expr.ts'
import { tensorType } from '../ir/types.ts'
import { elementCount } from '../ir/types.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { computeIntegerProduct } from './kit/matmul.ts'
import { rangeOf } from './kit/quantize.ts'
import { MatMul } from './MatMul.ts'
import { castTo } from './kit/older.ts'
import { multiplyQuantized } from './kit/quantize-forms.ts'
import type { Buffer, Operator } from './operator.ts'

export const QLinearMatMul: Operator = {
  name: 'QLinearMatMul',
  widening: 'never',
  infer(ctx) {
    const dtype = ctx.dtype(7) ?? ctx.dtype(0)
    MatMul.infer({ ...ctx, shape: i => ctx.shape(i === 1 ? 3 : i), output: (o, _, shape) => ctx.outputType(o, dtype && tensorType(dtype, shape)) })
  },
  compute(k) {
    const sums = computeIntegerProduct(k, { a: 0, aZero: 2, b: 3, bZero: 5 })
    const dtype = k.outputDType(0)
    const [low, high] = rangeOf(dtype)
    const rank = sums.shape.length
    // one for all, one for each row of A, one for each column of B; or as broadcasting has it
    const grain = (g: Buffer, i: readonly Expr[], axis: number): Expr =>
      elementCount(g.shape) === 1 ? read(g, g.shape.map(() => 0)) : g.shape.length === 1 ? read(g, [i[axis]!]) : readBroadcast(g, i)
    const [a, b, y, zero] = [k.input(1), k.input(4), k.input(6), k.input(7)]
    const both = stage(sums.shape, a.dtype, (...i) => grain(a, i, rank - 2).mul(grain(b, i, rank - 1)))
    const ratio = stage(sums.shape, a.dtype, (...i) => read(both, i).div(grain(y, i, rank - 2)))
    return [
      stage(sums.shape, dtype, (...i) =>
        read(sums, i).to('double').mul(read(ratio, i).to('double')).add(grain(zero, i, rank - 2).to('double')).apply('round').clamp(low, high).to('int'),
      ),
    ]
  },
  downgrade: {
    21(step) {
      for (const i of [1, 4, 6]) step.node.setInput(i, castTo(step.b, step.node.inputs[i], 'float32'))
    },
    10: multiplyQuantized,
  },
}
