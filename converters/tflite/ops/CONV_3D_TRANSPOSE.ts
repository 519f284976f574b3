import { unknownShape } from '../../../src/ir/types.ts'
import { shapeOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { onChannelsFirst, spreadPads, stepsOf } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** The output's shape (int32); weights D, H, W, O, I; data N, D, H, W, I; bias. */
export const CONV_3D_TRANSPOSE: TfliteOperator = tfliteOperator({
  name: 'CONV_3D_TRANSPOSE',
  host: [0],
  options: 'Conv3DOptions',
  infer: ctx => ctx.output(0, ctx.dtype(2), ctx.shapeValue(0) ?? unknownShape(5)),
  decompose(b, node) {
    const [, w, x, bias] = node.inputs
    const steps = stepsOf(optionsOf(node), 3)
    const spread = spreadPads(shapeOf(x), shapeOf(node.outputs[0]), shapeOf(w)?.slice(0, 3), steps)
    return spread && onChannelsFirst(b, node, 'ConvTranspose', x!, [b.op('Transpose', [w], { perm: [4, 3, 0, 1, 2] }), bias], { ...steps, ...spread }, 5)
  },
  takes: { dtypes: [['int32'], floats, floats, floats] },
})
