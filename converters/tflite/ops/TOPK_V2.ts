import { unknownDim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { oneAxis, toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** Over the last axis: the greatest, in order, and their indices. */
export const TOPK_V2: TfliteOperator = tfliteOperator({
  name: 'TOPK_V2',
  options: 'TopKV2Options',
  infer(ctx) {
    const [shape, k] = [ctx.shape(0), ctx.shapeValue(1)?.[0] ?? unknownDim()]
    ctx.output(0, ctx.dtype(0), shape && [...shape.slice(0, -1), k])
    ctx.output(1, 'int32', shape && [...shape.slice(0, -1), k])
  },
  decompose(b, node) {
    const [values, indices] = b.ops('TopK', [node.inputs[0], oneAxis(b, toInt64(b, node.inputs[1]!))], 2, { axis: -1 }) as [Value, Value]
    return [values, b.op('Cast', [indices], { to: 6 })]
  },
  version: versionBy({ int16: 3, int8: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8'], ['int32']] },
})
