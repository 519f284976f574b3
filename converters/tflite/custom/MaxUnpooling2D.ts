import type { Node } from '../../../src/ir/model.ts'
import { mulDims } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { channelsFirst, channelsLast } from '../../../src/ops/kit/nhwc.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { customOperator, sizesOf, structOptions } from '../kit/custom.ts'
import { bytesOf, inlineTensor } from '../../../src/ir/tensor.ts'

const optionsOf = (node: Node) => {
  const [, strideWidth, strideHeight, filterWidth, filterHeight] = structOptions(node, 5) as [number, number, number, number, number]
  return { strides: [strideHeight, strideWidth] as const, filter: [filterHeight, filterWidth] as const }
}

/**
 * MediaPipe's: each element of N, H, W, C goes to the place of its window that MaxPoolingWithArgmax2D gave, and 0 to the others. Its options are
 * TfLitePoolParams. Windows that overlap or lie apart have no form in ONNX (mediapipe/util/tflite/operations).
 */
export const MaxUnpooling2D = customOperator({
  name: 'MaxUnpooling2D',
  infer(ctx) {
    const { filter } = optionsOf(ctx.node)
    const x = ctx.shape(0)
    if (x && x.length !== 4) ctx.fail('data has 4 axes')
    ctx.output(0, ctx.dtype(0), x ? [x[0]!, mulDims(x[1]!, filter[0]), mulDims(x[2]!, filter[1]), x[3]!] : unknownShape(4))
  },
  decompose(b, node) {
    const { strides, filter } = optionsOf(node)
    const from = sizesOf(node.inputs[0])
    if (from?.length !== 4 || filter.some((f, i) => f !== strides[i] || f < 1)) return undefined
    const [batches, height, width, channels] = from as [number, number, number, number]
    const [high, wide] = [height * filter[0], width * filter[1]]
    const first = (value: Node['inputs'][number]) => b.op('Transpose', [value], { perm: channelsFirst(4) })
    const index = b.op('Cast', [first(node.inputs[1])], { to: 7 })
    const inRow = b.int(filter[1])
    // where each window begins, counted over all of the result
    const begins = BigInt64Array.from({ length: writtenOut(batches * channels * height * width) }, (_, i) => {
      const [x, y, plane] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))]
      return BigInt((plane * high + y * filter[0]) * wide + x * filter[1])
    })
    const within = b.op('Add', [b.op('Mul', [b.op('Div', [index, inRow]), b.int(wide)]), b.op('Mod', [index, inRow])])
    const at = b.op('Add', [within, b.constant(inlineTensor('int64', [batches, channels, height, width], bytesOf(begins)))])
    const spread = b.op('MaxUnpool', [first(node.inputs[0]), at, b.ints([batches, channels, high, wide])], { kernel_shape: filter, strides })
    return [b.op('Transpose', [spread], { perm: channelsLast(4) })]
  },
})
