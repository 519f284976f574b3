import { stage } from '../expr/expr.ts'
import { nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import { axisOf } from './kit/axes.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { dtypeOfNumber, numberOfDType } from './kit/datatype.ts'
import { momentsOf, rankOf, standardize } from './kit/normalize.ts'
import { floatType, reducedShape } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

/** The axes from `axis` to the last. */
const lastAxes = (axis: number, rank: number): number[] => Array.from({ length: rank - axis }, (_, i) => axis + i)

export const LayerNormalization: Operator = {
  name: 'LayerNormalization',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, ctx.dtype(0), shape)
    const kept = shape && reducedShape(shape, lastAxes(axisOf(ctx, ctx.attributes.int('axis', -1), shape.length), shape.length), true)
    const stash = dtypeOfNumber(ctx.attributes.int('stash_type', 1))
    ctx.output(1, stash, kept)
    ctx.output(2, stash, kept)
  },
  compute(k) {
    const [x, scale] = [k.input(0), k.input(1)]
    const bias = k.has(2) ? k.input(2) : undefined
    const rank = x.shape.length
    const type = floatType(x.dtype)
    const moments = momentsOf(x, lastAxes(axisOf(k, k.attributes.int('axis', -1), rank), rank))
    const inverse = moments.inverse(k.attributes.float('epsilon', 1e-5))
    const y = stage(x.shape, x.dtype, (...i) => {
      const scaled = moments.centred(i).mul(readBroadcast(inverse, i)).mul(readBroadcast(scale, i).to(type))
      return bias ? scaled.add(readBroadcast(bias, i).to(type)) : scaled
    })
    const stash = dtypeOfNumber(k.attributes.int('stash_type', 1)) ?? k.fail('stash_type names no element type')
    const stashed = [moments.mean, inverse].map(b => stage(b.shape, stash, (...i) => readBroadcast(b, i).to(floatType(stash))))
    return [y, ...stashed].slice(0, k.outputCount)
  },
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const [x, scale, bias] = node.inputs
    const rank = rankOf(x)
    const attributes = nodeAttributes(node)
    if (!m || !x || !scale || rank === undefined) return undefined
    const axis = attributes.int('axis', -1)
    const { normalized, mean, deviation } = standardize(b, x, lastAxes(axis < 0 ? axis + rank : axis, rank), attributes.float('epsilon', 1e-5))
    const scaled = m.mul(normalized, scale)
    const stash = dtypeOfNumber(attributes.int('stash_type', 1)) ?? 'float32'
    const stashed = (make: () => typeof x, output: number) => node.outputs[output] && b.op('Cast', [make()], { to: numberOfDType(stash) })
    return [bias ? m.add(scaled, bias) : scaled, stashed(() => mean, 1), stashed(() => m.div(1, deviation), 2)]
  },
}
