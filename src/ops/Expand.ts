import { stage } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import { dimDiffers, lowerBound, unknownDim } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { broadcastShapes, readBroadcast } from './kit/broadcast.ts'
import { followedElements } from './kit/sizes.ts'
import { shapeOf } from './kit/algebra.ts'
import { become } from './kit/versions.ts'
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
      if (shape === undefined || typeof rank !== 'number') return ctx.output(0, ctx.dtype(0), undefined)
      // only a size of 1 grows, where the target has an axis for it
      const kept = (d: Dim, i: number): Dim => (i < shape.length - rank || dimDiffers(d, 1) ? d : unknownDim())
      return ctx.output(0, ctx.dtype(0), [...(unknownShape(Math.max(0, rank - shape.length)) ?? []), ...shape.map(kept)])
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
  downgrade: {
    8(step) {
      const { node, b } = step
      const [x, target] = node.inputs
      const [shape, more] = [shapeOf(x) ?? step.refuse('its rank is not known'), shapeOf(target)?.[0]]
      if (typeof more !== 'number') return step.refuse('its rank is not known')
      if (shape.some(d => typeof d !== 'number' && lowerBound(d) <= 1)) return step.refuse('a size may be 1 or not')
      const rank = Math.max(more, shape.length)
      const own = [...Array.from({ length: rank - shape.length }, () => 1), ...shape]
      const full = more < rank ? b.op('Concat', [b.ints(Array.from({ length: rank - more }, () => 1)), target], { axis: 0 }) : target
      // an axis of size 1 is repeated as often as the shape says, any other once
      const grows = b.ints(own.map(d => (d === 1 ? 1 : 0)))
      const repeats = b.op('Add', [b.op('Mul', [full, grows]), b.ints(own.map(d => (d === 1 ? 0 : 1)))])
      const wide = rank > shape.length ? b.op('Unsqueeze', [x, b.ints(Array.from({ length: rank - shape.length }, (_, i) => i))]) : x
      become(step, rank === 0 ? x! : b.op('Tile', [wide, repeats]))
    },
  },
}
