import { constant, read, scalarOf, select, stage } from '../expr/expr.ts'
import type { Operator } from './operator.ts'

export const Trilu: Operator = {
  name: 'Trilu',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length < 2) ctx.fail(`its input has rank ${shape.length}`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const x = k.input(0)
    const offset = Math.max(-(2 ** 30), Math.min(2 ** 30, k.has(1) ? (k.value(1)[0] ?? 0) : 0))
    const upper = k.attributes.int('upper', 1) !== 0
    return [
      stage(x.shape, k.outputDType(0), (...i) => {
        const [diagonal, column] = [i.at(-2)!.add(offset), i.at(-1)!]
        return select(upper ? column.ge(diagonal) : column.le(diagonal), read(x, i), constant(0, scalarOf(x.dtype)))
      }),
    ]
  },
}
