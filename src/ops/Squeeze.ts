import { dimDiffers } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { axesOf } from './kit/axes.ts'
import { computeReshape } from './kit/reshape.ts'
import { axesToInts, intsToInput } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Squeeze: Operator = {
  name: 'Squeeze',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    const axes = ctx.has(1) ? ctx.constant(1) : undefined
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    if (ctx.has(1) && axes === undefined) {
      const count = ctx.shape(1)?.[0]
      if (typeof count !== 'number') return ctx.output(0, ctx.dtype(0), undefined)
      const left = shape.filter(d => dimDiffers(d, 1))
      return ctx.output(0, ctx.dtype(0), left.length === shape.length - count ? left : unknownShape(shape.length - count))
    }
    if (axes === undefined) {
      // a symbol may be 1 in some run
      const kept = shape.every(d => typeof d === 'number') ? shape.filter(d => d !== 1) : undefined
      return ctx.output(0, ctx.dtype(0), kept, ctx.shapeValue(0))
    }
    const gone = axesOf(ctx, axes, shape.length)
    for (const a of gone) if (typeof shape[a] === 'number' && shape[a] !== 1) ctx.fail(`axis ${a} has size ${shape[a]}`)
    ctx.output(0, ctx.dtype(0), shape.filter((_, i) => !gone.includes(i)), ctx.shapeValue(0))
  },
  compute: computeReshape,
  upgrade: { 13: intsToInput('axes', 1) },
  downgrade: { 13: axesToInts },
}
