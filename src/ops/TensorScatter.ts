import type { Expr } from '../expr/expr.ts'
import { constant, read, scatter } from '../expr/expr.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { nodeAttributes, shapeOf } from './kit/algebra.ts'
import { reshapeTo, sizeValue } from './kit/reshape-to.ts'
import { asInt64, places } from './kit/scaled-product.ts'
import { computeInvalid } from './diagnostics.ts'
import type { Operator } from './operator.ts'

export const TensorScatter: Operator = {
  name: 'TensorScatter',
  moves: true,
  indexed({ attributes, has, shape }) {
    if (!has(2) || attributes.string('mode', 'linear') === 'circular') return []
    const axis = attributes.int('axis', -2)
    return [{ input: 2, ranges: [[0, shape(0).at(axis)! - shape(1).at(axis)! + 1]] }]
  },
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
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [cache, update, starts] = node.inputs
    const rank = shapeOf(cache)?.length
    if (!cache || !update || rank === undefined) return undefined
    const axis = axisOf({ fail: message => { throw computeInvalid(node, message) } }, attributes.int('axis', -2), rank)
    const size = sizeValue(b, [cache, axis])
    const steps = reshapeTo(b, places(b, update, axis), Array.from({ length: rank }, (_, d) => (d === axis ? -1 : 1)))
    const begun = starts ? b.op('Add', [reshapeTo(b, asInt64(b, starts), [-1, ...Array.from({ length: rank - 1 }, () => 1)]), steps]) : steps
    const at = attributes.string('mode', 'linear') === 'circular' ? b.op('Mod', [begun, size]) : begun
    return [b.op('ScatterElements', [cache, b.op('Expand', [at, b.op('Shape', [update])]), update], { axis })]
  },
}
