import type { Expr } from '../expr/expr.ts'
import { constant, read, scalarOf, select, stage } from '../expr/expr.ts'
import { unknownDim } from '../ir/dim.ts'
import { staticShape } from '../ir/types.ts'
import { axesOf } from './kit/axes.ts'
import { shapeOf } from './kit/algebra.ts'
import type { Operator } from './operator.ts'

export const CenterCropPad: Operator = {
  name: 'CenterCropPad',
  moves: true,
  host: [1],
  infer(ctx) {
    const [shape, target] = [ctx.shape(0), ctx.shapeValue(1)]
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const axes = axesOf(ctx, ctx.attributes.ints('axes') ?? shape.map((_, i) => i), shape.length)
    if (target && target.length !== axes.length) ctx.fail(`${target.length} sizes for ${axes.length} axes`)
    if (target?.some(d => typeof d === 'number' && d < 0)) ctx.fail(`sizes [${target.join()}]`)
    const sizes = target ?? axes.map(() => unknownDim())
    ctx.output(0, ctx.dtype(0), shape.map((d, i) => (axes.includes(i) ? sizes[axes.indexOf(i)]! : d)))
  },
  compute(k) {
    const x = k.input(0)
    const shape = k.outputShape(0)
    return [
      stage(shape, k.outputDType(0), (...i) => {
        let inside: Expr = constant(true, 'bool')
        const at = i.map((v, d) => {
          const [from, to] = [x.shape[d]!, shape[d]!]
          if (to <= from) return v.add(Math.floor((from - to) / 2))
          const place = v.sub(Math.floor((to - from) / 2))
          inside = inside.and(place.inside(0, from))
          return place
        })
        return select(inside, read(x, at), constant(0, scalarOf(x.dtype)))
      }),
    ]
  },
  decompose(b, node) {
    const [x] = node.inputs
    const [from, to] = [staticShape(shapeOf(x)), staticShape(shapeOf(node.outputs[0]))]
    if (!x || !from || !to) return undefined
    const axes = from.map((_, d) => d)
    const starts = axes.map(d => Math.max(0, Math.floor((from[d]! - to[d]!) / 2)))
    const kept = axes.map(d => Math.min(from[d]!, to[d]!))
    const before = axes.map(d => Math.floor((to[d]! - kept[d]!) / 2))
    const cropped = b.op('Slice', [x, b.ints(starts), b.ints(axes.map(d => starts[d]! + kept[d]!)), b.ints(axes)])
    return [b.op('Pad', [cropped, b.ints([...before, ...axes.map(d => to[d]! - kept[d]! - before[d]!)])])]
  },
}
