import { invariant } from '../diag/diagnostic.ts'
import type { DType } from '../ir/dtype.ts'
import { bitsOf } from '../ir/dtype.ts'
import { isSubByte } from '../ir/subbyte.ts'
import { packSubByte } from '../ir/subbyte.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, inlineTensor, stringTensor } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { arrayOfTensor } from '../ops/evaluate.ts'
import { inMemory } from './constants.ts'

type Elements = { readonly bytes: Uint8Array; readonly unit: number } | { readonly strings: readonly string[] }

const unitOf = (dtype: DType): number => (isSubByte(dtype) ? 1 : bitsOf(dtype) / 8)
const elementsOf = (t: Tensor): Elements => (t.strings ? { strings: t.strings } : { bytes: bytesOf(arrayOfTensor(t)), unit: unitOf(t.dtype) })
const pack = (dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor => inlineTensor(dtype, shape, isSubByte(dtype) ? packSubByte(dtype, bytes) : bytes)

/** Takes tensors apart along an axis and puts them together, for loops. */
export interface Slicing {
  /** What gives the slices of a tensor along an axis, without that axis. */
  apart(tensor: Tensor, axis: number): Promise<(index: number) => Tensor>
  /** Tensors of one dtype and shape, along a new axis. */
  together(tensors: readonly Tensor[], axis: number): Promise<Tensor>
}

/** Slices in memory. */
export const sliceInMemory: Slicing = {
  async apart(tensor, axis) {
    const near = await inMemory(tensor)
    return index => sliceAt(near, axis, index)
  },
  together: async (tensors, axis) => stack(await Promise.all(tensors.map(inMemory)), axis),
}

/** The slice of a tensor in memory at `index` of an axis, without that axis. */
function sliceAt(tensor: Tensor, axis: number, index: number): Tensor {
  const outer = elementCount(tensor.shape.slice(0, axis))
  const inner = elementCount(tensor.shape.slice(axis + 1))
  const n = tensor.shape[axis]!
  const shape = [...tensor.shape.slice(0, axis), ...tensor.shape.slice(axis + 1)]
  const from = elementsOf(tensor)
  if ('strings' in from) return stringTensor(shape, Array.from({ length: outer }, (_, o) => from.strings.slice((o * n + index) * inner, (o * n + index + 1) * inner)).flat())
  const size = inner * from.unit
  const out = new Uint8Array(outer * size)
  for (let o = 0; o < outer; o++) out.set(from.bytes.subarray((o * n + index) * size, (o * n + index + 1) * size), o * size)
  return pack(tensor.dtype, shape, out)
}

/** Tensors in memory of one dtype and shape, stacked along a new axis. */
function stack(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0]
  invariant(first !== undefined, 'nothing to stack')
  const outer = elementCount(first.shape.slice(0, axis))
  const inner = elementCount(first.shape.slice(axis))
  const shape = [...first.shape.slice(0, axis), tensors.length, ...first.shape.slice(axis)]
  const parts = tensors.map(elementsOf)
  if (first.strings) return stringTensor(shape, Array.from({ length: outer }, (_, o) => parts.flatMap(p => (p as { strings: string[] }).strings.slice(o * inner, (o + 1) * inner))).flat())
  const size = inner * unitOf(first.dtype)
  const out = new Uint8Array(outer * tensors.length * size)
  parts.forEach((p, i) => {
    for (let o = 0; o < outer; o++) out.set((p as { bytes: Uint8Array }).bytes.subarray(o * size, (o + 1) * size), (o * tensors.length + i) * size)
  })
  return pack(first.dtype, shape, out)
}

/** A tensor of this shape, which has no elements. */
export const emptyTensor = (dtype: DType, shape: readonly number[]): Tensor => (dtype === 'string' ? stringTensor(shape, []) : inlineTensor(dtype, shape, new Uint8Array(0)))
