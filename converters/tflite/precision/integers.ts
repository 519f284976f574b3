import { packSubByte } from '../../../src/ir/subbyte.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, deferredTensor, viewOf } from '../../../src/ir/tensor.ts'
import { alongAxis, magnitudes } from './measure.ts'
import type { Stored } from './store.ts'

export type WeightInteger = 'int8' | 'int4'

/** The largest integer in use; its negative is the least, so that zero is zero and products can't overflow (TFLite 8-bit quantization specification). */
const largest: Readonly<Record<WeightInteger, number>> = { int8: 127, int4: 7 }

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
  const scale = Array.from(sizes, n => Math.fround(n / top) || 1)
  const tensor = deferredTensor(dtype, shape, [from], `to-${dtype}-along-${axis ?? 'none'}-of-${shape.join()}`, ([bytes]) => {
    const reals = viewOf('float32', bytes!) as Float32Array
    const out = new Int8Array(reals.length)
    alongAxis(shape, axis, (i, place) => (out[i] = Math.max(-top, Math.min(top, Math.round(reals[i]! / scale[place]!)))))
    return dtype === 'int4' ? packSubByte('int4', bytesOf(out)) : bytesOf(out)
  })
  return { tensor, grain: { scale, zero: scale.map(() => 0), axis: axis ?? 0 } }
}
