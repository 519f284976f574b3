import { stage } from '../expr/expr.ts'
import { unknownShape } from '../ir/types.ts'
import { broadcastShapes, readBroadcast } from './kit/broadcast.ts'
import { followedElements } from './kit/sizes.ts'
import type { Operator } from './operator.ts'

export const Expand: Operator = {
  name: 'Expand',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    const rank = ctx.shape(1)?.[0]
    const target = ctx.shapeValue(1)
    if (shape === undefined || target === undefined) {
      const known = shape !== undefined && typeof rank === 'number' ? unknownShape(Math.max(rank, shape.length)) : undefined
      return ctx.output(0, ctx.dtype(0), known)
    }
    if (target.some(d => typeof d === 'number' && d < 0)) ctx.fail(`shape [${target.join()}]`)
    const out = broadcastShapes([shape, target])
    if (out === null || out === undefined) return ctx.fail(`[${shape.join()}] does not expand to [${target.join()}]`)
    const [elements, count] = [ctx.shapeValue(0), out[0]]
    const followed = elements !== undefined && out.length === 1 && typeof count === 'number' && count <= followedElements
    ctx.output(0, ctx.dtype(0), out, followed ? Array.from({ length: count }, (_, i) => elements[elements.length === 1 ? 0 : i]!) : out.length === 0 ? elements : undefined)
  },
  compute(k) {
    const x = k.input(0)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => readBroadcast(x, i))]
  },
}
