import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, maxDims, modDims, mulDims, subDims } from '../../../src/ir/dim.ts'
import type { Node } from '../../../src/ir/model.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { customOperator, paddingOfNumber, structOptions } from '../kit/custom.ts'
import { onChannelsFirst } from '../kit/spatial.ts'

const optionsOf = (node: Node) => {
  const [padding, width, height] = structOptions(node, 3) as [number, number, number]
  return { same: paddingOfNumber(padding) === 'SAME', strides: [height, width] }
}

/** What SAME takes off the full size of an axis, half of it (rounded down) at the beginning. */
const cut = (size: Dim, kernel: Dim, stride: number, same: boolean): Dim => (same ? maxDims(0, subDims(subDims(kernel, 1), modDims(subDims(size, 1), stride))) : 0)

/** MediaPipe's transposed convolution: data N, H, W, I; weights O, H, W, I; bias. Its options are TfLiteTransposeConvParams (mediapipe/util/tflite/operations). */
export const Convolution2DTransposeBias = customOperator({
  name: 'Convolution2DTransposeBias',
  infer(ctx) {
    const { same, strides } = optionsOf(ctx.node)
    if (strides.some(s => s < 1)) ctx.fail(`strides ${strides.join()}`)
    const [x, w] = [ctx.shape(0), ctx.shape(1)]
    if (x === undefined || w === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(4))
    if (x.length !== 4 || w.length !== 4) ctx.fail('data and weights have 4 axes')
    ctx.output(0, ctx.dtype(0), [x[0]!, ...strides.map((s, i) => subDims(addDims(mulDims(s, subDims(x[i + 1]!, 1)), w[i + 1]!), cut(x[i + 1]!, w[i + 1]!, s, same))), w[0]!])
  },
  decompose(b, node) {
    const { same, strides } = optionsOf(node)
    const [x, w, bias] = node.inputs
    const [from, kernel] = [x, w].map(v => (v?.type?.kind === 'tensor' ? v.type.shape : undefined))
    if (from?.length !== 4 || kernel?.length !== 4) return undefined
    const cuts = strides.map((s, i) => cut(from[i + 1]!, kernel[i + 1]!, s, same))
    if (!cuts.every(c => typeof c === 'number')) return undefined
    const begins = cuts.map(c => Math.floor(c / 2))
    return onChannelsFirst(b, node, 'ConvTranspose', x!, [b.op('Transpose', [w], { perm: [3, 0, 1, 2] }), bias], { strides, pads: [...begins, ...cuts.map((c, i) => c - begins[i]!)] })
  },
})
