import type { ByteRange, Bytes } from '../bytes/bytes.ts'
import { invariant } from '../diag/diagnostic.ts'
import type { DType } from './dtype.ts'
import { byteLengthOf } from './dtype.ts'
import { bfloat16ToNumber, halfToNumber } from './minifloat.ts'
import { elementCount } from './types.ts'

/**
 * Elements of one dtype in row-major order, little endian, sub-byte elements packed (see `bitsOf`). The bytes may be in
 * memory, in a file, or the outcome of work on other tensors that has not been done yet.
 */
export interface Tensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Of the packed elements; 0 for strings. */
  readonly byteLength: number
  /** Says what the content is: equal keys mean equal bytes. Unequal keys mean nothing. */
  readonly key: string
  /** The bytes when they are in memory. Don't write to them. */
  peek(): Uint8Array | undefined
  /** The bytes, read or computed now; not kept. */
  load(): Promise<Uint8Array>
  /** The elements of a string tensor. */
  readonly strings?: readonly string[]
}

/** A map: different keys along one axis, and what each stands for along the first axis of `values`. */
export interface Dictionary {
  readonly keys: Tensor
  readonly values: Tensor
}

/** What an executor takes and gives: a tensor, a map, a sequence of these, or null for an optional that holds nothing. */
export type Datum = Tensor | Dictionary | readonly Datum[] | null

export const isTensor = (datum: Datum): datum is Tensor => datum !== null && 'dtype' in datum
export const isDictionary = (datum: Datum): datum is Dictionary => datum !== null && 'values' in datum && !Array.isArray(datum)

/** Tensors up to this many bytes are kept in memory when a model is read: shapes, axes, scales that passes look at. */
export const residentLimit = 4096

let serial = 0

/** A tensor in memory. `bytes` becomes the tensor's own. */
export function inlineTensor(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  const byteLength = byteLengthOf(dtype, elementCount(shape))
  invariant(bytes.byteLength === byteLength, `${dtype}[${shape.join()}] takes ${byteLength} bytes, not ${bytes.byteLength}`)
  const key = byteLength <= 64 ? `=${[...bytes].map(b => b.toString(16).padStart(2, '0')).join('')}` : `#${serial++}`
  return { dtype, shape, byteLength, key, peek: () => bytes, load: async () => bytes }
}

/** A tensor of strings in memory. */
export function stringTensor(shape: readonly number[], strings: readonly string[]): Tensor {
  const none = new Uint8Array(0)
  return { dtype: 'string', shape, byteLength: 0, key: `#${serial++}`, strings, peek: () => none, load: async () => none }
}

const ranges = new WeakMap<Tensor, ByteRange>()

/** Where the bytes lie, for a tensor that is an untouched stretch of a source. */
export const rangeOf = (tensor: Tensor): ByteRange | undefined => ranges.get(tensor)

/** A tensor whose bytes lie in a source, from `start`. The caller has checked that they lie inside. */
export function rangeTensor(dtype: DType, shape: readonly number[], source: Bytes, start: number): Tensor {
  const byteLength = byteLengthOf(dtype, elementCount(shape))
  const tensor: Tensor = {
    dtype,
    shape,
    byteLength,
    key: `${source.name}@${start}+${byteLength}`,
    peek: () => undefined,
    load: () => source.read(start, start + byteLength),
  }
  ranges.set(tensor, { source, start, end: start + byteLength })
  return tensor
}

/**
 * A tensor that is worked out when its bytes are asked for, from the bytes of other tensors, each time anew. `what`
 * names the work and all its parameters: the same work on the same tensors gives the same key. Small results of work on
 * tensors in memory are worked out at once.
 */
export function deferredTensor(
  dtype: DType,
  shape: readonly number[],
  from: readonly Tensor[],
  what: string,
  work: (bytes: readonly Uint8Array[]) => Uint8Array,
): Tensor {
  const byteLength = byteLengthOf(dtype, elementCount(shape))
  const key = `${what}(${from.map(t => t.key).join()})`
  const checked = (bytes: readonly Uint8Array[]): Uint8Array => {
    const out = work(bytes)
    invariant(out.byteLength === byteLength, `${what} made ${out.byteLength} bytes for ${dtype}[${shape.join()}]`)
    return out
  }
  if (byteLength <= residentLimit && from.every(t => t.byteLength <= 16 * residentLimit)) {
    const resident = from.map(t => t.peek())
    if (resident.every(b => b !== undefined)) return { ...inlineTensor(dtype, shape, checked(resident)), ...(byteLength > 64 && { key }) }
  }
  return {
    dtype,
    shape,
    byteLength,
    key,
    peek: () => undefined,
    async load() {
      const bytes: Uint8Array[] = []
      for (const t of from) bytes.push(await t.load())
      return checked(bytes)
    },
  }
}

/** The same elements under another shape of the same count. */
export const reshapedTensor = (tensor: Tensor, shape: readonly number[]): Tensor => {
  invariant(elementCount(shape) === elementCount(tensor.shape), `[${tensor.shape.join()}] as [${shape.join()}]`)
  const reshaped = { ...tensor, shape }
  const range = ranges.get(tensor)
  if (range) ranges.set(reshaped, range)
  return reshaped
}

export type TypedArray = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array | Uint32Array | BigUint64Array

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  complex64: Float32Array,
  complex128: Float64Array,
} as const

/**
 * Bytes seen as an array of the dtype's storage type: float16 and bfloat16 as their bits, 8-bit floats and sub-byte
 * types as bytes, complex as pairs. Copies only when the bytes are not aligned.
 */
export function viewOf(dtype: DType, bytes: Uint8Array): TypedArray {
  const type = dtype in arrays ? arrays[dtype as keyof typeof arrays] : Uint8Array
  const size = type.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return new type(aligned.buffer as ArrayBuffer, aligned.byteOffset, Math.floor(aligned.byteLength / size))
}

/** The bytes of a typed array, shared. */
export const bytesOf = (array: TypedArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** An int64 tensor in memory, as shapes and axes are. */
export const int64Tensor = (values: readonly (number | bigint)[], shape: readonly number[] = [values.length]): Tensor =>
  inlineTensor('int64', shape, bytesOf(BigInt64Array.from(values, BigInt)))

/** A float32 tensor in memory. */
export const float32Tensor = (values: readonly number[] | Float32Array, shape: readonly number[] = [values.length]): Tensor =>
  inlineTensor('float32', shape, bytesOf(Float32Array.from(values)))

/** The elements as numbers, of a dtype that has an array form: int64 beyond 2^53 is rounded, complex numbers are pairs. */
export function numbersOf(dtype: DType, bytes: Uint8Array): ArrayLike<number> & Iterable<number> {
  const view = viewOf(dtype, bytes)
  if (dtype === 'float16' || dtype === 'bfloat16') return Float32Array.from(view as Uint16Array, dtype === 'float16' ? halfToNumber : bfloat16ToNumber)
  return view instanceof BigInt64Array || view instanceof BigUint64Array ? Float64Array.from(view as Iterable<bigint> as unknown as number[], Number) : view
}

/** The elements of a tensor in memory as numbers (see `numbersOf`). For shapes, axes, pads and scales. */
export function peekNumbers(tensor: Tensor | undefined): number[] | undefined {
  const bytes = tensor !== undefined && tensor.dtype in arrays ? tensor.peek() : undefined
  return bytes && Array.from(numbersOf(tensor!.dtype, bytes))
}

export { bfloat16ToNumber, halfToNumber }
