import type { TypedArray } from '../ir/tensor.ts'
import type { DType } from '../ir/dtype.ts'

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  int4: Int8Array,
  int2: Int8Array,
} as const

const typeOf = (dtype: DType) => (Object.hasOwn(arrays, dtype) ? arrays[dtype as keyof typeof arrays] : Uint8Array)

/** Bytes that one element of a stage's buffer takes in memory: sub-byte types take a byte each. */
export const storageBytes = (dtype: DType): number => typeOf(dtype).BYTES_PER_ELEMENT

/** Zeroed memory for elements of a dtype, as `viewOf` shows them; sub-byte types take a byte each. */
export const allocate = (dtype: DType, count: number): TypedArray => new (typeOf(dtype))(count)

/** Elements of a stage's buffer in a memory. `address` is aligned to the element. */
export const viewAt = (dtype: DType, memory: ArrayBufferLike, address: number, count: number): TypedArray => new (typeOf(dtype))(memory as ArrayBuffer, address, count)
