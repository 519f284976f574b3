import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** Without `squeeze_dims` all axes of size 1 go. */
export const SQUEEZE: TfliteOperator = tfliteOperator({
  name: 'SQUEEZE',
  options: 'SqueezeOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    const axes = ctx.attributes.ints('squeeze_dims') ?? []
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const gone = axes.length > 0 ? axes.map(a => (a < 0 ? a + shape.length : a)) : shape.flatMap((d, i) => (d === 1 ? [i] : []))
    ctx.output(0, ctx.dtype(0), shape.filter((_, i) => !gone.includes(i)), ctx.shapeValue(0))
  },
  decompose(b, node) {
    const axes = optionsOf(node).ints('squeeze_dims') ?? []
    return [b.op('Squeeze', axes.length > 0 ? [node.inputs[0], b.ints(axes)] : [node.inputs[0]])]
  },
  version: versionBy({ string: 2 }),
})
