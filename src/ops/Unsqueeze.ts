import type { Dim } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { axesOf } from './kit/axes.ts'
import { computeReshape } from './kit/reshape.ts'
import { axesToInts, intsToInput } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Unsqueeze: Operator = {
  name: 'Unsqueeze',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    const axes = ctx.constant(1)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    if (axes === undefined) {
      const count = ctx.shape(1)?.[0]
      return ctx.output(0, ctx.dtype(0), typeof count === 'number' ? unknownShape(shape.length + count) : undefined)
    }
    const rank = shape.length + axes.length
    const made = axesOf(ctx, axes, rank)
    const rest = [...shape]
    const out = Array.from({ length: rank }, (_, i): Dim => (made.includes(i) ? 1 : rest.shift()!))
    ctx.output(0, ctx.dtype(0), out, rank <= 1 ? ctx.shapeValue(0) : undefined)
  },
  compute: computeReshape,
  upgrade: { 13: intsToInput('axes', 1) },
  downgrade: { 13: axesToInts },
}
