import { constant, read, select, stage } from '../expr/expr.ts'
import { unknownDim } from '../ir/dim.ts'
import { axisOf } from './kit/axes.ts'
import type { Operator } from './operator.ts'

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
}
