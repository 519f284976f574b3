import { unknownShape } from '../../../src/ir/types.ts'
import { shapeOf } from '../../../src/passes/kit/values.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { onChannelsFirst, spreadPads, stepsOf } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** The output's shape (int32); weights O, H, W, I; data N, H, W, I; bias. */
export const TRANSPOSE_CONV: TfliteOperator = tfliteOperator({
  name: 'TRANSPOSE_CONV',
  host: [0],
  options: 'TransposeConvOptions',
  infer: ctx => ctx.output(0, ctx.dtype(2), ctx.shapeValue(0) ?? unknownShape(4)),
  decompose(b, node) {
    const [, w, x, bias] = node.inputs
    const steps = stepsOf(optionsOf(node))
    const kernel = shapeOf(w)
    const spread = kernel?.length === 4 ? spreadPads(shapeOf(x), shapeOf(node.outputs[0]), kernel.slice(1, 3), steps) : undefined
    return spread && onChannelsFirst(b, node, 'ConvTranspose', x!, [b.op('Transpose', [w], { perm: [3, 0, 1, 2] }), bias], { strides: steps.strides, ...spread })
  },
  version: node => (activationOf(node) !== undefined ? 4 : node.inputs[3] ? 3 : dtypeOf(node.inputs[1]) === 'int8' ? 2 : 1),
  takes: { dtypes: [['int32'], floats, floats, floats] },
})
