import { read, stage } from '../expr/expr.ts'
import { axisOf, indexInto, replaceAt } from './kit/axes.ts'
import type { Operator } from './operator.ts'

export const GatherElements: Operator = {
  name: 'GatherElements',
  moves: true,
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    if (shape && indices && shape.length !== indices.length) ctx.fail(`indices of rank ${indices.length} into rank ${shape.length}`)
    if (shape) axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
    ctx.output(0, ctx.dtype(0), indices)
  },
  compute(k) {
    const [x, indices] = [k.input(0), k.input(1)]
    const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => read(x, replaceAt(i, axis, indexInto(read(indices, i), x.shape[axis]!))))]
  },
}
