import type { DType } from '../../ir/dtype.ts'
import { bitsOf } from '../../ir/dtype.ts'
import { isSubByte, packSubByte, unpackSubByte } from '../../ir/subbyte.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { bfloat16ToNumber, bytesOf, deferredTensor, halfToNumber, viewOf } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import { numberToBfloat16, numberToHalf } from '../../ops/scalar.ts'

/** Element types that weight arithmetic covers. */
export const isWeightDType = (dtype: DType | undefined): dtype is DType => dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16'

/** Elements as doubles. */
export function toDoubles(dtype: DType, bytes: Uint8Array): Float64Array | Float32Array {
  const view = viewOf(dtype, bytes)
  if (dtype === 'float32' || dtype === 'float64') return view as Float32Array | Float64Array
  return Float64Array.from(view as Uint16Array, dtype === 'float16' ? halfToNumber : bfloat16ToNumber)
}

/** Doubles rounded once to the dtype. */
export function fromDoubles(dtype: DType, values: Float64Array): Uint8Array {
  if (dtype === 'float64') return bytesOf(values)
  if (dtype === 'float32') return bytesOf(new Float32Array(values))
  return bytesOf(Uint16Array.from(values, dtype === 'float16' ? numberToHalf : numberToBfloat16))
}

/** The unrounded form of weights that were derived, so that a chain of derivations is rounded once. */
const unrounded = new WeakMap<Tensor, Tensor>()

/**
 * A weight worked out of others in double precision, when its bytes are asked for, and rounded once. `what` names the work
 * with its parameters. `f` stores each element once, unless it `sums`: then it may read and add to what it stored.
 */
export function deriveTensor(like: Tensor, shape: readonly number[], from: readonly Tensor[], what: string, f: (arrays: readonly (Float64Array | Float32Array)[], out: Float64Array | Float32Array) => void, sums = false): Tensor {
  const sources = from.map(t => unrounded.get(t) ?? t)
  const name = `${what}:${like.dtype}[${shape.join()}]<-${from.map(t => `[${t.shape.join()}]`).join('')}`
  const work = <T extends Float64Array | Float32Array>(bytes: readonly Uint8Array[], out: T): T => {
    f(bytes.map((b, i) => toDoubles(sources[i]!.dtype, b)), out)
    return out
  }
  const count = elementCount(shape)
  const derived = deferredTensor(like.dtype, shape, sources, name, bytes => (like.dtype === 'float32' && !sums ? bytesOf(work(bytes, new Float32Array(count))) : fromDoubles(like.dtype, work(bytes, new Float64Array(count)))))
  if (like.dtype !== 'float64') unrounded.set(derived, deferredTensor('float64', shape, sources, `${name}:unrounded`, bytes => bytesOf(work(bytes, new Float64Array(count)))))
  return derived
}

/** Element at `index` of a tensor of 1 or more elements, for factors that may be one number for all. */
export const pick = (array: Float64Array | Float32Array, index: number): number => array[array.length === 1 ? 0 : index]!

/** A constant with its axes permuted. */
export function transposeTensor(tensor: Tensor, perm: readonly number[]): Tensor {
  const { dtype } = tensor
  const shape = perm.map(p => tensor.shape[p]!)
  const strides = perm.map(p => stridesOf(tensor.shape)[p]!)
  return deferredTensor(dtype, shape, [tensor], `transpose[${perm.join()}]of[${tensor.shape.join()}]`, ([bytes]) =>
    isSubByte(dtype) ? packSubByte(dtype, gather(unpackSubByte(dtype, bytes!, elementCount(shape)), 1, shape, strides)) : gather(bytes!, bitsOf(dtype) / 8, shape, strides),
  )
}

/** Some entries of an axis, in an order. */
export function takeTensor(tensor: Tensor, axis: number, indices: readonly number[]): Tensor {
  const width = bitsOf(tensor.dtype) / 8
  const outer = elementCount(tensor.shape.slice(0, axis))
  const inner = elementCount(tensor.shape.slice(axis + 1)) * width
  const size = tensor.shape[axis]!
  const shape = tensor.shape.map((n, i) => (i === axis ? indices.length : n))
  return deferredTensor(tensor.dtype, shape, [tensor], `take${axis}[${indices.join()}]of[${tensor.shape.join()}]`, ([bytes]) => {
    const out = new Uint8Array(outer * indices.length * inner)
    for (let o = 0; o < outer; o++) indices.forEach((at, i) => out.set(bytes!.subarray((o * size + at) * inner, (o * size + at + 1) * inner), (o * indices.length + i) * inner))
    return out
  })
}

const stridesOf = (shape: readonly number[]): number[] => shape.map((_, i) => elementCount(shape.slice(i + 1)))

/** Copies elements of `width` bytes into row-major order of `shape`, taken from places that `strides` say, in elements. */
function gather(bytes: Uint8Array, width: number, shape: readonly number[], strides: readonly number[]): Uint8Array {
  const axes: { size: number; stride: number }[] = []
  shape.forEach((size, d) => {
    const last = axes.at(-1)
    if (last && last.stride === size * strides[d]!) axes[axes.length - 1] = { size: last.size * size, stride: strides[d]! }
    else if (size !== 1) axes.push({ size, stride: strides[d]! })
  })
  if (axes.length === 0 || (axes.length === 1 && axes[0]!.stride === 1)) return bytes
  const out = new Uint8Array(elementCount(shape) * width)
  const wide = width === 4 && bytes.byteOffset % 4 === 0
  const from = wide ? new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / 4) : bytes
  const to = wide ? new Uint32Array(out.buffer) : out
  if (!wide) axes.push({ size: width, stride: 1 })
  const unit = wide ? 1 : width
  const { size, stride } = axes.pop()!
  const step = wide ? stride : 1
  const outer = axes.map(a => ({ size: a.size, stride: a.stride * unit }))
  const index = outer.map(() => 0)
  for (let at = 0, i = 0; i < to.length; ) {
    for (let end = i + size, j = at; i < end; i++, j += step) to[i] = from[j]!
    for (let d = outer.length - 1; d >= 0; d--) {
      const axis = outer[d]!
      at += axis.stride
      if (++index[d]! < axis.size) break
      at -= axis.stride * axis.size
      index[d] = 0
    }
  }
  return out
}
