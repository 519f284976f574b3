import { read, stage } from '../expr/expr.ts'
import { int64Tensor, peekNumbers } from '../ir/tensor.ts'
import { axisOf, indexInto, indexedAlongAxis } from './kit/axes.ts'
import { dtypeOf, shapeOf } from './kit/algebra.ts'
import { castTo } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Gather: Operator = {
  name: 'Gather',
  moves: true,
  indexed: indexedAlongAxis,
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    if (shape === undefined || indices === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    if (shape.length === 0) ctx.fail('its input has no axes')
    const axis = axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
    const [elements, at] = [ctx.shapeValue(0), ctx.constant(1)]
    const count = elements?.length ?? 0
    const size = shape[axis]!
    if (typeof size === 'number') for (const i of at ?? []) if (i < -size || i >= size) ctx.fail(`index ${i} into an axis of size ${size}`)
    const picked = elements && at && shape.length === 1 && indices.length <= 1 ? at.map(i => elements[i < 0 ? i + count : i]!) : undefined
    ctx.output(0, ctx.dtype(0), [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)], picked?.every(d => d !== undefined) ? picked : undefined)
  },
  compute(k) {
    const [x, indices] = [k.input(0), k.input(1)]
    const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
    const rank = indices.shape.length
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) =>
        read(x, [...i.slice(0, axis), indexInto(read(indices, i.slice(axis, axis + rank)), x.shape[axis]!), ...i.slice(axis + rank)]),
      ),
    ]
  },
  downgrade: {
    // places counted from the end came with version 11
    11(step) {
      const { node, b, attributes } = step
      const indices = node.inputs[1]
      const known = indices?.isConstant ? peekNumbers(indices.constant) : undefined
      const size = shapeOf(node.inputs[0])?.at(attributes.int('axis', 0))
      if (!known?.some(i => i < 0) || typeof size !== 'number') return
      const places = int64Tensor(known.map(i => (i < 0 ? i + size : i)), indices!.constant!.shape)
      node.setInput(1, castTo(b, b.constant(places), dtypeOf(indices)!))
    },
  },
}
