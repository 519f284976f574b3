import { addDims, mulDims, subDims } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { onChannelsFirst, stepsOf } from '../kit/spatial.ts'
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
    const a = optionsOf(node)
    const [from, to, kernel] = [x, node.outputs[0], w].map(v => (v?.type?.kind === 'tensor' ? v.type.shape : undefined))
    if (from?.length !== 4 || to?.length !== 4 || kernel?.length !== 4) return undefined
    const { strides } = stepsOf(a)
    const pads: number[] = []
    const extra: number[] = []
    for (const [i, s] of strides.entries()) {
      const full = subDims(addDims(mulDims(subDims(from[i + 1]!, 1), s), kernel[i + 1]!), to[i + 1]!)
      if (typeof full !== 'number') return undefined
      const begin = Math.max(0, Math.floor(full / 2))
      pads[i] = begin
      pads[i + 2] = Math.max(0, full - begin)
      extra[i] = Math.max(0, -full)
    }
    return onChannelsFirst(b, node, 'ConvTranspose', x!, [b.op('Transpose', [w], { perm: [3, 0, 1, 2] }), bias], { strides, pads, output_padding: extra })
  },
  version: node => (activationOf(node) !== undefined ? 4 : node.inputs[3] ? 3 : dtypeOf(node.inputs[1]) === 'int8' ? 2 : 1),
  takes: { dtypes: [['int32'], floats, floats, floats] },
})
