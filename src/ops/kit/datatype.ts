import { DataType } from '../../../proto/onnx.gen.ts'
import type { DType } from '../../ir/dtype.ts'

/** ONNX's numbers of element types (TensorProto.DataType), as files and the attribute `to` hold them. */
const numbers: Readonly<Record<DType, number>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  bfloat16: DataType.BFLOAT16,
  float8e4m3fn: DataType.FLOAT8E4M3FN,
  float8e4m3fnuz: DataType.FLOAT8E4M3FNUZ,
  float8e5m2: DataType.FLOAT8E5M2,
  float8e5m2fnuz: DataType.FLOAT8E5M2FNUZ,
  float8e8m0: DataType.FLOAT8E8M0,
  float6e2m3: DataType.FLOAT6E2M3,
  float6e3m2: DataType.FLOAT6E3M2,
  float4e2m1: DataType.FLOAT4E2M1,
  int64: DataType.INT64,
  int32: DataType.INT32,
  int16: DataType.INT16,
  int8: DataType.INT8,
  int4: DataType.INT4,
  int2: DataType.INT2,
  uint64: DataType.UINT64,
  uint32: DataType.UINT32,
  uint16: DataType.UINT16,
  uint8: DataType.UINT8,
  uint4: DataType.UINT4,
  uint2: DataType.UINT2,
  bool: DataType.BOOL,
  string: DataType.STRING,
  complex64: DataType.COMPLEX64,
  complex128: DataType.COMPLEX128,
}

const byNumber = new Map(Object.entries(numbers).map(([name, number]) => [number, name as DType]))

/** Undefined for a number that names no element type known here. */
export const dtypeOfNumber = (number: number | undefined): DType | undefined => byNumber.get(number ?? 0)

/** ONNX's number of an element type. */
export const numberOfDType = (dtype: DType): number => numbers[dtype]

/** As opset 1 spelt them: `FLOAT`, `INT64`. Only these existed then. */
const oldNames: readonly (readonly [string, DType])[] = [
  ['FLOAT', 'float32'], ['DOUBLE', 'float64'], ['FLOAT16', 'float16'], ['BOOL', 'bool'], ['INT8', 'int8'], ['INT16', 'int16'], ['INT32', 'int32'],
  ['INT64', 'int64'], ['UINT8', 'uint8'], ['UINT16', 'uint16'], ['UINT32', 'uint32'], ['UINT64', 'uint64'], ['STRING', 'string'],
]
export const dtypeOfName = (name: string): DType | undefined => oldNames.find(([n]) => n === name.toUpperCase())?.[1]
export const nameOfDType = (dtype: DType): string | undefined => oldNames.find(([, d]) => d === dtype)?.[0]
