import { packSubByte } from '../../../src/ir/subbyte.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, deferredTensor, viewOf } from '../../../src/ir/tensor.ts'
import { alongAxis, magnitudes } from './measure.ts'
import type { Stored } from './store.ts'

export type WeightInteger = 'int8' | 'int4'

/** The largest integer in use; its negative is the least, so that zero is zero and products can't overflow (TFLite 8-bit quantization specification). */
const largest: Readonly<Record<WeightInteger, number>> = { int8: 127, int4: 7 }

const rounded = (x: number, scale: number, top: number): number => Math.max(-top, Math.min(top, Math.round(x / scale)))

/** With few integers it is better to cut the largest weights off than to be coarse on all others: the shares of the largest that are tried, the square of the error decides. */
const shares = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6]

function scalesOf(elements: Float32Array, shape: readonly number[], axis: number | undefined, sizes: Float32Array, top: number): number[] {
  const scale = Array.from(sizes, n => Math.fround(n / top) || 1)
  if (top > 7) return scale
  let least = new Float64Array(sizes.length).fill(Infinity)
  const best = [...scale]
  for (const share of shares) {
    const tried = scale.map(s => Math.fround(s * share))
    const errors = new Float64Array(sizes.length)
    alongAxis(shape, axis, (i, place) => {
      const off = elements[i]! - rounded(elements[i]!, tried[place]!, top) * tried[place]!
      errors[place]! += off * off
    })
    errors.forEach((error, place) => error < least[place]! && (best[place] = tried[place]!))
    least = least.map((error, place) => Math.min(error, errors[place]!))
  }
  return best
}

/**
 * Integers that stand for float32 weights, with a scale for each place along `axis` or one for all, and zero points of 0.
 * `elements` are the weights' own, for the scales; the integers are worked out when they are written. Undefined when an
 * element is not finite.
 */
export function integersOf(from: Tensor, elements: Float32Array, axis: number | undefined, dtype: WeightInteger): Required<Stored> | undefined {
  const { shape } = from
  const top = largest[dtype]
  const sizes = magnitudes(elements, shape, axis)
  if (sizes === undefined) return undefined
  const scale = scalesOf(elements, shape, axis, sizes, top)
  const tensor = deferredTensor(dtype, shape, [from], `to-${dtype}-along-${axis ?? 'none'}-of-${shape.join()}`, ([bytes]) => {
    const reals = viewOf('float32', bytes!) as Float32Array
    const out = new Int8Array(reals.length)
    alongAxis(shape, axis, (i, place) => (out[i] = rounded(reals[i]!, scale[place]!, top)))
    return dtype === 'int4' ? packSubByte('int4', bytesOf(out)) : bytesOf(out)
  })
  return { tensor, grain: { scale, zero: scale.map(() => 0), axis: axis ?? 0 } }
}
