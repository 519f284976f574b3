import { bitsOf } from '../../ir/dtype.ts'
import { isSubByte, packSubByte, unpackSubByte } from '../../ir/subbyte.ts'
import type { Datum, Tensor } from '../../ir/tensor.ts'
import { inlineTensor, peekNumbers, stringTensor } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import type { EvaluateContext } from '../operator.ts'

/** A tensor of elements of others of the same dtype: `places` counts them through all sources, one after the other. Any dtype. */
export function gatherPlaces(sources: readonly Tensor[], places: readonly number[], shape: readonly number[]): Tensor {
  const { dtype } = sources[0]!
  if (dtype === 'string') {
    const all = sources.flatMap(t => t.strings ?? [])
    return stringTensor(shape, places.map(p => all[p]!))
  }
  const small = isSubByte(dtype)
  const size = small ? 1 : bitsOf(dtype) / 8
  const parts = sources.map(t => (small ? unpackSubByte(dtype, t.peek()!, elementCount(t.shape)) : t.peek()!))
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  parts.reduce((at, p) => (all.set(p as Uint8Array, at), at + p.length), 0)
  const out = new Uint8Array(places.length * size)
  places.forEach((p, i) => out.set(all.subarray(p * size, (p + 1) * size), i * size))
  return inlineTensor(dtype, shape, small ? packSubByte(dtype, out) : out)
}

/** The flat places of a part of an axis, in order. */
export function slicePlaces(shape: readonly number[], axis: number, indices: readonly number[]): number[] {
  const inner = elementCount(shape.slice(axis + 1))
  const outer = elementCount(shape.slice(0, axis))
  const out: number[] = []
  for (let o = 0; o < outer; o++) for (const i of indices) for (let k = 0; k < inner; k++) out.push((o * shape[axis]! + i) * inner + k)
  return out
}

/** Elements of an axis at some indices. */
export const takeAlong = (tensor: Tensor, axis: number, indices: readonly number[]): Tensor =>
  gatherPlaces([tensor], slicePlaces(tensor.shape, axis, indices), tensor.shape.map((n, d) => (d === axis ? indices.length : n)))

/** Tensors one after the other along an axis; their other sizes agree. */
export function joinAlong(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0]!.shape
  const shape = first.map((n, d) => (d === axis ? tensors.reduce((sum, t) => sum + t.shape[axis]!, 0) : n))
  const outer = elementCount(first.slice(0, axis))
  const starts = tensors.map((_, i) => tensors.slice(0, i).reduce((n, t) => n + elementCount(t.shape), 0))
  const places: number[] = []
  for (let o = 0; o < outer; o++)
    tensors.forEach((t, i) => {
      const block = elementCount(t.shape.slice(axis))
      for (let k = 0; k < block; k++) places.push(starts[i]! + o * block + k)
    })
  return gatherPlaces(tensors, places, shape)
}

/** An input that must be a sequence. */
export function sequenceAt(ctx: EvaluateContext, index: number): readonly Datum[] {
  const datum = ctx.inputs[index]
  return Array.isArray(datum) ? (datum as readonly Datum[]) : ctx.fail(`input ${index} must be a sequence`)
}

/** An input of one number; `otherwise` when it is left out. */
export function numberAt(ctx: EvaluateContext, index: number, otherwise: number): number {
  if (ctx.inputs[index] === undefined) return otherwise
  const numbers = peekNumbers(ctx.tensor(index))
  return numbers?.length === 1 ? numbers[0]! : ctx.fail(`input ${index} must have one element`)
}

/** A place in a sequence; negative ones count from the end. */
export function placeIn(ctx: EvaluateContext, place: number, count: number): number {
  const at = place < 0 ? place + count : place
  return at >= 0 && at < count ? at : ctx.fail(`place ${place} in a sequence of ${count}`)
}
