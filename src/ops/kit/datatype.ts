import type { DType } from '../../ir/dtype.ts'

/** ONNX's numbers of element types (TensorProto.DataType), as the attribute `to` holds them, from 1. */
const byNumber: readonly DType[] = [
  'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool', 'float16', 'float64', 'uint32', 'uint64',
  'complex64', 'complex128', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'uint4', 'int4',
  'float4e2m1', 'float8e8m0', 'uint2', 'int2',
]

/** Undefined for a number that names no element type known here. */
export const dtypeOfNumber = (number: number | undefined): DType | undefined => (number === undefined ? undefined : byNumber[number - 1])

export const numberOfDType = (dtype: DType): number => byNumber.indexOf(dtype) + 1

/** As opset 1 spelt them: `FLOAT`, `INT64`. Only these existed then. */
const oldNames: readonly (readonly [string, DType])[] = [
  ['FLOAT', 'float32'], ['DOUBLE', 'float64'], ['FLOAT16', 'float16'], ['BOOL', 'bool'], ['INT8', 'int8'], ['INT16', 'int16'], ['INT32', 'int32'],
  ['INT64', 'int64'], ['UINT8', 'uint8'], ['UINT16', 'uint16'], ['UINT32', 'uint32'], ['UINT64', 'uint64'], ['STRING', 'string'],
]
export const dtypeOfName = (name: string): DType | undefined => oldNames.find(([n]) => n === name.toUpperCase())?.[1]
export const nameOfDType = (dtype: DType): string | undefined => oldNames.find(([, d]) => d === dtype)?.[0]
