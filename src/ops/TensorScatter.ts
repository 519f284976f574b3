import type { Expr } from '../expr/expr.ts'
import { constant, read, scatter } from '../expr/expr.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import type { Operator } from './operator.ts'

export const TensorScatter: Operator = {
  name: 'TensorScatter',
  moves: true,
  infer(ctx) {
    const [cache, update] = [ctx.shape(0), ctx.shape(1)]
    if (cache && update && cache.length !== update.length) ctx.fail(`an update of rank ${update.length} for rank ${cache.length}`)
    if (cache) axisOf(ctx, ctx.attributes.int('axis', -2), cache.length)
    ctx.output(0, ctx.dtype(0), cache)
  },
  compute(k) {
    const [cache, update] = [k.input(0), k.input(1)]
    const starts = k.has(2) ? k.input(2) : undefined
    const axis = axisOf(k, k.attributes.int('axis', -2), cache.shape.length)
    const size = cache.shape[axis]!
    const circular = k.attributes.string('mode', 'linear') === 'circular'
    return [
      scatter(cache.shape, k.outputDType(0), (...i) => read(cache, i), update.shape, (...u) => {
        const start = starts ? read(starts, [u[0]!]).to('int') : constant(0, 'int')
        const place = start.add(u[axis]!)
        return { at: replaceAt<Expr>(u, axis, circular ? place.floormod(size) : place.clamp(0, Math.max(0, size - 1))), value: read(update, u) }
      }),
    ]
  },
}
