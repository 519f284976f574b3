/** Element types, named as NumPy and ml_dtypes name them. */
export type DType = keyof typeof table

type Kind = 'float' | 'int' | 'uint' | 'bool' | 'string' | 'complex'

const table = {
  float32: { bits: 32, kind: 'float' },
  float64: { bits: 64, kind: 'float' },
  float16: { bits: 16, kind: 'float' },
  bfloat16: { bits: 16, kind: 'float' },
  float8e4m3fn: { bits: 8, kind: 'float' },
  float8e4m3fnuz: { bits: 8, kind: 'float' },
  float8e5m2: { bits: 8, kind: 'float' },
  float8e5m2fnuz: { bits: 8, kind: 'float' },
  float8e8m0: { bits: 8, kind: 'float' },
  float6e2m3: { bits: 6, kind: 'float' },
  float6e3m2: { bits: 6, kind: 'float' },
  float4e2m1: { bits: 4, kind: 'float' },
  int64: { bits: 64, kind: 'int' },
  int32: { bits: 32, kind: 'int' },
  int16: { bits: 16, kind: 'int' },
  int8: { bits: 8, kind: 'int' },
  int4: { bits: 4, kind: 'int' },
  int2: { bits: 2, kind: 'int' },
  uint64: { bits: 64, kind: 'uint' },
  uint32: { bits: 32, kind: 'uint' },
  uint16: { bits: 16, kind: 'uint' },
  uint8: { bits: 8, kind: 'uint' },
  uint4: { bits: 4, kind: 'uint' },
  uint2: { bits: 2, kind: 'uint' },
  bool: { bits: 8, kind: 'bool' },
  string: { bits: 0, kind: 'string' },
  complex64: { bits: 64, kind: 'complex' },
  complex128: { bits: 128, kind: 'complex' },
} as const satisfies Record<string, { bits: number; kind: Kind }>

export const dtypes = Object.keys(table) as readonly DType[]

export const isDType = (name: string): name is DType => Object.hasOwn(table, name)

/** Bits of one element; 0 for strings. Elements below 8 bits are packed, the first in the low bits, the last byte padded with zero. */
export const bitsOf = (dtype: DType): number => table[dtype].bits

export const kindOf = (dtype: DType): Kind => table[dtype].kind

/** Bytes that `count` elements take, packed. */
export const byteLengthOf = (dtype: DType, count: number): number => Math.ceil((count * table[dtype].bits) / 8)
