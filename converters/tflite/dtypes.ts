import type { TensorType } from '../../proto/tflite.gen.ts'
import type { DType } from '../../src/ir/dtype.ts'

const pairs: readonly (readonly [TensorType, DType])[] = [
  ['FLOAT32', 'float32'], ['FLOAT16', 'float16'], ['FLOAT64', 'float64'], ['BFLOAT16', 'bfloat16'], ['FLOAT8_E4M3FN', 'float8e4m3fn'], ['FLOAT8_E5M2', 'float8e5m2'],
  ['INT64', 'int64'], ['INT32', 'int32'], ['INT16', 'int16'], ['INT8', 'int8'], ['INT4', 'int4'], ['INT2', 'int2'],
  ['UINT64', 'uint64'], ['UINT32', 'uint32'], ['UINT16', 'uint16'], ['UINT8', 'uint8'], ['UINT4', 'uint4'],
  ['BOOL', 'bool'], ['STRING', 'string'], ['COMPLEX64', 'complex64'], ['COMPLEX128', 'complex128'],
]
const toIr = new Map<string | number, DType>(pairs)
const fromIr = new Map<DType, TensorType>(pairs.map(([t, d]) => [d, t]))

/** Undefined for resources, variants and types not known here. */
export const dtypeOfTensorType = (type: TensorType | number | undefined): DType | undefined => toIr.get(type ?? 'FLOAT32')

/** Undefined for what the format has no name for. */
export const tensorTypeOf = (dtype: DType): TensorType | undefined => fromIr.get(dtype)

/** All element types that a file can hold. */
export const tfliteDTypes: ReadonlySet<DType> = new Set(fromIr.keys())

/** Element types that the runtime computes with. */
export const runtimeDTypes: ReadonlySet<DType> = new Set<DType>(['float32', 'int32', 'int64', 'bool', 'int8', 'uint8', 'int16', 'uint16', 'uint32', 'string', 'float16', 'bfloat16', 'float64'])

/** Element types of weights besides. */
export const heldDTypes: ReadonlySet<DType> = new Set<DType>(['int4'])

/** Element types that are carried in others, which hold all their numbers. */
export const smallTypes: Readonly<Partial<Record<DType, DType>>> = {
  int4: 'int8', int2: 'int8', uint4: 'uint8', uint2: 'uint8',
  float8e4m3fn: 'float32', float8e4m3fnuz: 'float32', float8e5m2: 'float32', float8e5m2fnuz: 'float32', float8e8m0: 'float32', float4e2m1: 'float32',
}

/** Axes of a tensor at most. */
export const mostAxes = 8
