import { divideExactly, mulDims, unknownDim } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Data and the new shape (int32); one size may be -1. Old files have the shape among the options alone. */
export const RESHAPE: TfliteOperator = tfliteOperator({
  name: 'RESHAPE',
  options: 'ReshapeOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    const target = ctx.has(1) ? ctx.shapeValue(1) : ctx.attributes.ints('new_shape')
    if (target === undefined) {
      const rank = ctx.shape(1)?.[0]
      return ctx.output(0, ctx.dtype(0), typeof rank === 'number' ? unknownShape(rank) : undefined)
    }
    const rest = mulDims(...target.filter(d => d !== -1))
    ctx.output(0, ctx.dtype(0), target.map(d => (d === -1 ? ((shape && rest !== 0 ? divideExactly(mulDims(...shape), rest) : undefined) ?? unknownDim()) : d)), target.length <= 1 ? ctx.shapeValue(0) : undefined)
  },
  decompose(b, node) {
    const target = node.inputs[1] ? toInt64(b, node.inputs[1]) : b.ints(optionsOf(node).ints('new_shape') ?? [])
    return [b.op('Reshape', [node.inputs[0], target], { allowzero: 1 })]
  },
})
