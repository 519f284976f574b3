import type { Tensor } from '../../../src/ir/tensor.ts'
import { viewOf } from '../../../src/ir/tensor.ts'

/** The elements of a float32 tensor. */
export const floatsOf = async (tensor: Tensor): Promise<Float32Array> => viewOf('float32', await tensor.load()) as Float32Array

/** Calls `each` with every element's place in the list and along the axis; place 0 where there is no axis. */
export function alongAxis(shape: readonly number[], axis: number | undefined, each: (index: number, place: number) => void): void {
  const total = shape.reduce((n, d) => n * d, 1)
  const count = axis === undefined ? 1 : shape[axis]!
  const inner = axis === undefined ? total : shape.slice(axis + 1).reduce((n, d) => n * d, 1)
  for (let i = 0, place = 0; i < total; place = place + 1 === count ? 0 : place + 1) for (const end = i + inner; i < end; i++) each(i, place)
}

/** The largest magnitude at each place along an axis, or of all elements. Undefined when one is not finite: no scale covers it. */
export function magnitudes(elements: Float32Array, shape: readonly number[], axis: number | undefined): Float32Array | undefined {
  const out = new Float32Array(axis === undefined ? 1 : shape[axis]!)
  alongAxis(shape, axis, (i, place) => {
    const size = Math.abs(elements[i]!)
    // NaN is not less either
    if (!(size <= out[place]!)) out[place] = size
  })
  return out.every(Number.isFinite) ? out : undefined
}
