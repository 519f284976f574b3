import { broadcastShapes } from '../../../src/ops/kit/broadcast.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** As ONNX's Where: all three broadcast. */
export const SELECT_V2: TfliteOperator = tfliteOperator({
  name: 'SELECT_V2',
  options: 'SelectV2Options',
  infer(ctx) {
    const shape = broadcastShapes([0, 1, 2].map(i => ctx.shape(i)))
    ctx.output(0, ctx.dtype(1), shape === null ? ctx.fail('shapes do not broadcast') : shape)
  },
  decompose: (b, node) => [b.op('Where', node.inputs)],
  takes: { dtypes: [['bool'], ['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16']], broadcastRank: 5 },
})
