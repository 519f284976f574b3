import { constant, read, stage } from '../expr/expr.ts'
import { indexInto } from './kit/axes.ts'
import { dropUsual } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const GatherND: Operator = {
  name: 'GatherND',
  moves: true,
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    const depth = indices?.at(-1)
    const batch = ctx.attributes.int('batch_dims', 0)
    if (indices?.length === 0) ctx.fail('indices have no axes')
    if (shape === undefined || indices === undefined || typeof depth !== 'number') return ctx.output(0, ctx.dtype(0), undefined)
    if (batch < 0 || batch >= indices.length || batch + depth > shape.length) ctx.fail(`indices [${indices.join()}] with ${batch} batch axes into [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), [...indices.slice(0, -1), ...shape.slice(batch + depth)])
  },
  compute(k) {
    const [x, indices] = [k.input(0), k.input(1)]
    const batch = k.attributes.int('batch_dims', 0)
    const depth = indices.shape.at(-1)!
    const outer = indices.shape.length - 1
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) =>
        read(x, [
          ...i.slice(0, batch),
          ...Array.from({ length: depth }, (_, j) => indexInto(read(indices, [...i.slice(0, outer), constant(j, 'int')]), x.shape[batch + j]!)),
          ...i.slice(outer),
        ]),
      ),
    ]
  },
  downgrade: { 12: dropUsual('batch_dims', 0) },
}
