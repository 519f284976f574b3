import { unknownShape } from '../../../src/ir/types.ts'
import { oneAxis, toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Data and the axis (int32). */
export const EXPAND_DIMS: TfliteOperator = tfliteOperator({
  name: 'EXPAND_DIMS',
  options: 'ExpandDimsOptions',
  infer(ctx) {
    const [shape, axis] = [ctx.shape(0), ctx.constant(1)?.[0]]
    if (shape === undefined || axis === undefined) return ctx.output(0, ctx.dtype(0), shape && unknownShape(shape.length + 1))
    const at = axis < 0 ? axis + shape.length + 1 : axis
    ctx.output(0, ctx.dtype(0), [...shape.slice(0, at), 1, ...shape.slice(at)], shape.length === 0 ? ctx.shapeValue(0) : undefined)
  },
  decompose: (b, node) => [b.op('Unsqueeze', [node.inputs[0], oneAxis(b, toInt64(b, node.inputs[1]!))])],
})
