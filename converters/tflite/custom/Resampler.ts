import { customOperator, sizesOf } from '../kit/custom.ts'
import { sampledAt } from '../kit/sample.ts'

/** MediaPipe's: an image N, H, W, C read, between pixels, at the places N, H, W, [x, y]; pixels beyond the border are 0 (mediapipe/util/tflite/operations). */
export const Resampler = customOperator({
  name: 'Resampler',
  infer(ctx) {
    const [image, places] = [ctx.shape(0), ctx.shape(1)]
    if ((image && image.length !== 4) || (places && (places.length !== 4 || (typeof places[3] === 'number' && places[3] !== 2)))) ctx.fail(`places of [${places?.join()}] in an image of [${image?.join()}]`)
    ctx.output(0, ctx.dtype(0), image)
  },
  decompose(b, node) {
    const [image, places] = node.inputs
    const from = sizesOf(image)
    return from?.length === 4 ? [sampledAt(b, image!, places!, from[1]!, from[2]!)] : undefined
  },
})
