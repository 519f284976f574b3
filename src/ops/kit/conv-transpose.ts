import type { Dim } from '../../ir/dim.ts'
import { addDims, mulDims, subDims } from '../../ir/dim.ts'
import type { AttributeReader } from '../operator.ts'
import { autoPadOf, extentOf, perAxis } from './window.ts'

interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

export interface Spread {
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Sizes of the output's spatial axes. */
  readonly sizes: readonly Dim[]
  /** What is cut from the front; a number wherever the sizes are. */
  readonly before: readonly Dim[]
}

/** How a transposed convolution spreads its input (ONNX, ConvTranspose): sizes and paddings from pads, auto_pad or output_shape. */
export function spreadOf(k: Fails, image: readonly Dim[], kernel: readonly Dim[]): Spread {
  const rank = image.length
  const [strides, dilations, extra] = [perAxis(k, 'strides', rank, 1), perAxis(k, 'dilations', rank, 1), perAxis(k, 'output_padding', rank, 0, 0)]
  const mode = autoPadOf(k)
  // some writers count the batch and channel axes in
  const wanted = k.attributes.ints('output_shape')?.slice(-rank)
  const pads = k.attributes.ints('pads') ?? Array.from({ length: 2 * rank }, () => 0)
  if (pads.length !== 2 * rank || (wanted && wanted.length !== rank)) k.fail(`pads [${pads.join()}] or output_shape for ${rank} spatial axes`)
  const sides = image.map((size, i): [Dim, Dim] => {
    const natural = addDims(mulDims(strides[i]!, subDims(size, 1)), extra[i]!, extentOf(kernel[i]!, dilations[i]!))
    if (!wanted && mode === 'NOTSET') return [subDims(natural, pads[i]! + pads[i + rank]!), pads[i]!]
    if (!wanted && mode === 'VALID') return [natural, 0]
    const out = wanted?.[i] ?? mulDims(size, strides[i]!)
    const total = subDims(natural, out)
    if (typeof total !== 'number') return [out, total]
    const cut = Math.max(0, total)
    return [out, mode === 'SAME_UPPER' ? Math.floor(cut / 2) : cut - Math.floor(cut / 2)]
  })
  return { strides, dilations, sizes: sides.map(s => s[0]), before: sides.map(s => s[1]) }
}
