import { constant, read, select, stage } from '../expr/expr.ts'
import type { Value } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { unknownDim } from '../ir/dim.ts'
import type { DType } from '../ir/dtype.ts'
import { kindOf } from '../ir/dtype.ts'
import { dtypeOf } from './kit/algebra.ts'
import { axisOf } from './kit/axes.ts'
import { shapeOf } from './kit/algebra.ts'
import { castTo, counting, knownDType, knownRank } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

/** Elements that expressions can't hold. */
const isPicked = (dtype: DType | undefined): boolean => dtype !== undefined && ['string', 'complex'].includes(kindOf(dtype))

export const OneHot: Operator = {
  name: 'OneHot',
  widening: 'ordered',
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(2), undefined)
    const axis = axisOf(ctx, ctx.attributes.int('axis', -1), shape.length + 1)
    const depth = ctx.shapeValue(1)?.[0] ?? ctx.constant(1)?.[0]
    if (typeof depth === 'number' && depth < 0) ctx.fail(`depth ${depth}`)
    ctx.output(0, ctx.dtype(2), [...shape.slice(0, axis), (typeof depth === 'number' ? Math.trunc(depth) : depth) ?? unknownDim(), ...shape.slice(axis)])
  },
  computeRefuses: k => (isPicked(k.dtype(2)) ? `elements of ${k.dtype(2)} are picked by place` : undefined),
  decompose(b, node) {
    const [indices, depth, values] = node.inputs
    return isPicked(dtypeOf(values)) ? [b.op('Gather', [values, b.op('OneHot', [indices, depth, b.ints([0, 1])], { axis: node.attributes['axis'] })])] : undefined
  },
  compute(k) {
    const [indices, values] = [k.input(0), k.input(2)]
    const axis = axisOf(k, k.attributes.int('axis', -1), indices.shape.length + 1)
    const depth = k.outputShape(0)[axis]!
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const raw = read(indices, i.filter((_, d) => d !== axis))
        // out of range means no place at all; the test is made before the index is narrowed
        const index = raw.to('int')
        const hit = select(raw.lt(0), index.add(depth), index).eq(i[axis]!).and(raw.ge(constant(-depth, raw.type))).and(raw.lt(constant(depth, raw.type)))
        return select(hit, read(values, [1]), read(values, [0]))
      }),
    ]
  },
  downgrade: {
    // places counted from the end came with version 11
    11(step) {
      const { node, b } = step
      const [indices, depth] = node.inputs
      const dtype = knownDType(step)
      const known = indices?.isConstant ? peekNumbers(indices.constant) : undefined
      if (kindOf(dtype) === 'uint' || known?.every(i => i >= 0)) return
      const size = castTo(b, b.op('Reshape', [depth, b.ints([])]), dtype)
      const isBelow = (v: Value): Value => castTo(b, b.op('Less', [castTo(b, v, 'float64'), b.scalar(0, 'float64')]), dtype)
      const turned = b.op('Add', [indices, b.op('Mul', [isBelow(indices!), size])])
      // what is still below is out of range, as the depth itself is
      node.setInput(0, b.op('Add', [turned, b.op('Mul', [isBelow(turned), b.op('Sub', [size, turned])])]))
    },
    9(step) {
      const { node, b, attributes } = step
      const [indices, , values] = node.inputs
      const rank = knownRank(step, indices)
      const axis = axisOf({ fail: step.refuse }, attributes.int('axis', -1), rank + 1)
      const depth = shapeOf(node.outputs[0])?.[axis]
      if (typeof depth !== 'number') return step.refuse('the depth is not known')
      const wide = b.op('Unsqueeze', [castTo(b, indices, 'int64'), b.ints([axis])])
      const place = b.op('Reshape', [counting(b, [depth]), b.ints(Array.from({ length: rank + 1 }, (_, d) => (d === axis ? depth : 1)))])
      const hit = b.op('Or', [b.op('Equal', [wide, place]), b.op('Equal', [b.op('Add', [wide, b.int(depth)]), place])])
      become(step, b.op('Gather', [values, castTo(b, hit, 'int64')]))
    },
  },
}
