import type { Node } from '../../../src/ir/model.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { customOperator, floatsOf, mapOptions, sizesOf } from '../kit/custom.ts'
import { sampledAt } from '../kit/sample.ts'

const sizeOf = (node: Node): readonly [height: number, width: number] => {
  const options = mapOptions(node)
  return [options.count('output_height'), options.count('output_width')]
}

/**
 * MediaPipe's: an image [1, H, W, C] read, between pixels, at the places that a matrix [1, 4, 4] gives for the centers of the output's pixels;
 * 0 where these lie outside the centers of the image's border (mediapipe/util/tflite/operations).
 */
export const TransformTensorBilinear = customOperator({
  name: 'TransformTensorBilinear',
  version: 2,
  infer(ctx) {
    const [height, width] = sizeOf(ctx.node)
    if (!(height > 0 && width > 0)) ctx.fail(`a result of ${height} by ${width}`)
    const channels = ctx.shape(0)?.[3]
    ctx.output(0, ctx.dtype(0), channels === undefined ? undefined : [1, height, width, channels])
  },
  decompose(b, node) {
    const [image, matrix] = node.inputs
    const [height, width] = sizeOf(node)
    const from = sizesOf(image)
    if (from?.length !== 4 || from[0] !== 1) return undefined
    const count = writtenOut(height * width)
    const column = (i: number) => b.op('Slice', [matrix, b.ints([0, i]), b.ints([2, i + 1]), b.ints([1, 2])])
    const [perX, perY, shift] = [column(0), column(1), column(3)]
    // from centers of pixels to centers of pixels
    const half = b.scalar(0.5, 'float32')
    const corrected = b.op('Add', [shift, b.op('Sub', [b.op('Add', [b.op('Mul', [perX, half]), b.op('Mul', [perY, half])]), half])])
    const across = floatsOf(b, Array.from({ length: count }, (_, i) => i % width), [1, 1, count])
    const down = floatsOf(b, Array.from({ length: count }, (_, i) => Math.floor(i / width)), [1, 1, count])
    const places = b.op('Add', [b.op('Add', [b.op('Mul', [perX, across]), b.op('Mul', [perY, down])]), corrected])
    const last = floatsOf(b, [from[2]! - 1, from[1]! - 1], [1, 2, 1])
    const zero = b.scalar(0, 'float32')
    const within = b.op('And', [b.op('GreaterOrEqual', [places, zero]), b.op('LessOrEqual', [places, last])])
    const part = (i: number) => b.op('Slice', [within, b.ints([i]), b.ints([i + 1]), b.ints([1])])
    const inside = b.op('Reshape', [b.op('And', [part(0), part(1)]), b.ints([1, height, width, 1])])
    const grid = b.op('Reshape', [b.op('Transpose', [places], { perm: [0, 2, 1] }), b.ints([1, height, width, 2])])
    return [b.op('Where', [inside, sampledAt(b, image!, grid, from[1]!, from[2]!), zero])]
  },
})
