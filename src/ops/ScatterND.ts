import { constant, read, scatter } from '../expr/expr.ts'
import { indexInto, rangeOf } from './kit/axes.ts'
import { checkReduction, reductionOf, scatterDowngrade } from './kit/scatter.ts'
import type { Operator } from './operator.ts'

export const ScatterND: Operator = {
  name: 'ScatterND',
  moves: true,
  indexed: ({ shape }) => [{ input: 1, ranges: shape(0).slice(0, shape(1).at(-1)).map(rangeOf) }],
  infer(ctx) {
    checkReduction(ctx)
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    const depth = indices?.at(-1)
    if (indices?.length === 0) ctx.fail('indices have no axes')
    if (shape && typeof depth === 'number' && depth > shape.length) ctx.fail(`indices of ${depth} into rank ${shape.length}`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const [x, indices, updates] = [k.input(0), k.input(1), k.input(2)]
    const depth = indices.shape.at(-1)!
    const outer = indices.shape.length - 1
    const over = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)]
    return [
      scatter(x.shape, k.outputDType(0), (...i) => read(x, i), over, (...u) => ({
        at: [...Array.from({ length: depth }, (_, j) => indexInto(read(indices, [...u.slice(0, outer), constant(j, 'int')]), x.shape[j]!)), ...u.slice(outer)],
        value: read(updates, u),
      }), reductionOf(k)),
    ]
  },
  downgrade: scatterDowngrade,
}
