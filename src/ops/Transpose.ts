import { read, stage } from '../expr/expr.ts'
import { axesOf } from './kit/axes.ts'
import type { AttributeReader, Operator } from './operator.ts'

const order = (attributes: AttributeReader, rank: number): readonly number[] => attributes.ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)

export const Transpose: Operator = {
  name: 'Transpose',
  moves: true,
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const perm = axesOf(ctx, order(ctx.attributes, shape.length), shape.length)
    if (perm.length !== shape.length) ctx.fail(`perm [${perm.join()}] of rank ${shape.length}`)
    ctx.output(0, ctx.dtype(0), perm.map(a => shape[a]!), ctx.shapeValue(0))
  },
  compute(k) {
    const x = k.input(0)
    const perm = axesOf(k, order(k.attributes, x.shape.length), x.shape.length)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => read(x, x.shape.map((_, d) => i[perm.indexOf(d)]!)))]
  },
}
