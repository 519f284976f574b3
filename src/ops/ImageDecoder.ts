import { unknownDim } from '../ir/dim.ts'
import { inlineTensor } from '../ir/tensor.ts'
import { decodePicture, grayOf } from './kit/image.ts'
import { imageLibrary, loadImageLibrary } from './kit/image-library.ts'
import type { AttributeReader, Operator } from './operator.ts'

/** Channels of a pixel format. */
const channels: Readonly<Record<string, number>> = { RGB: 3, BGR: 3, Grayscale: 1 }

const formatOf = (k: { readonly attributes: AttributeReader; fail(message: string): never }): string => {
  const format = k.attributes.string('pixel_format', 'RGB')
  return Object.hasOwn(channels, format) ? format : k.fail(`pixel_format ${format}`)
}

export const ImageDecoder: Operator = {
  name: 'ImageDecoder',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length !== 1) ctx.fail(`its input has rank ${shape.length}, not 1`)
    ctx.output(0, 'uint8', [unknownDim(), unknownDim(), channels[formatOf(ctx)]!])
  },
  ready: loadImageLibrary,
  evaluate(ctx) {
    const library = imageLibrary() ?? ctx.fail('the library that decodes images is not loaded')
    const format = formatOf(ctx)
    const picture = decodePicture(library, ctx.tensor(0).peek()!, format === 'BGR' ? 'BGR' : 'RGB', ctx.fail)
    // ONNX: what can't be decoded is an empty matrix
    const { width, height, pixels } = picture ?? { width: 0, height: 0, pixels: new Uint8Array(0) }
    return [inlineTensor('uint8', [height, width, channels[format]!], format === 'Grayscale' ? grayOf(pixels) : pixels)]
  },
}
