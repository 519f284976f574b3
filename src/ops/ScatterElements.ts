import { read, scatter } from '../expr/expr.ts'
import { axisOf, indexInto, indexedAlongAxis, replaceAt } from './kit/axes.ts'
import { checkReduction, reductionOf, scatterDowngrade } from './kit/scatter.ts'
import type { Operator } from './operator.ts'

export const ScatterElements: Operator = {
  name: 'ScatterElements',
  moves: true,
  indexed: indexedAlongAxis,
  infer(ctx) {
    checkReduction(ctx)
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    if (shape && indices && shape.length !== indices.length) ctx.fail(`indices of rank ${indices.length} into rank ${shape.length}`)
    if (shape) axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const [x, indices, updates] = [k.input(0), k.input(1), k.input(2)]
    const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
    const put = (u: Parameters<typeof read>[1]) => ({
      at: replaceAt(u, axis, indexInto(read(indices, u), x.shape[axis]!)),
      value: read(updates, u),
    })
    return [scatter(x.shape, k.outputDType(0), (...i) => read(x, i), indices.shape, (...u) => put(u), reductionOf(k))]
  },
  downgrade: {
    ...scatterDowngrade,
    11(step) {
      step.node.op = 'Scatter'
    },
  },
}
