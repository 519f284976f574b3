import type { DType } from '../../../src/ir/dtype.ts'
import { bitsOf } from '../../../src/ir/dtype.ts'
import { isMinifloat } from '../../../src/ir/minifloat.ts'

/** How elements of a dtype lie in GPU memory: words of 32 bits, each holding several small elements or a part of a large one. */
export interface Storage {
  /** The type of the elements of the WGSL array. */
  readonly element: 'f32' | 'i32' | 'u32' | 'vec2<u32>'
  /** Elements of the dtype in one element of the array. */
  readonly packed: 1 | 2 | 4
  /** The scalar's text, from the array element's; small elements are cut out already. */
  readonly load: (bits: string) => string
  /** The array element's text (of a small element: its bits in the low end of a u32), from the scalar's. */
  readonly store: (value: string) => string
}

const same = (x: string): string => x
const byte = (load: (bits: string) => string, store: (value: string) => string): Storage => ({ element: 'u32', packed: 4, load, store })
const pair = (load: (bits: string) => string, store: (value: string) => string): Storage => ({ element: 'u32', packed: 2, load, store })
const signed = (bits: number) => (x: string): string => `(bitcast<i32>(${x} << ${32 - bits}u) >> ${32 - bits}u)`
const unsigned = (x: string): string => `bitcast<i32>(${x})`
/** A byte with the sign of fewer bits. */
const widened = (bits: number) => (v: string): string => `(bitcast<u32>((${v} << ${32 - bits}u) >> ${32 - bits}u) & 255u)`
const masked = (mask: number) => (v: string): string => `(bitcast<u32>(${v}) & ${mask}u)`

const storages: Partial<Record<DType, Storage>> = {
  float32: { element: 'f32', packed: 1, load: same, store: same },
  // only inside an operator: doubles are single here
  float64: { element: 'f32', packed: 1, load: same, store: same },
  int32: { element: 'i32', packed: 1, load: same, store: same },
  uint32: { element: 'u32', packed: 1, load: x => `vec2<u32>(${x}, 0u)`, store: v => `${v}.x` },
  int64: { element: 'vec2<u32>', packed: 1, load: same, store: same },
  uint64: { element: 'vec2<u32>', packed: 1, load: same, store: same },
  int16: pair(signed(16), masked(0xffff)),
  uint16: pair(unsigned, masked(0xffff)),
  int8: byte(signed(8), masked(0xff)),
  uint8: byte(unsigned, masked(0xff)),
  bool: byte(x => `(${x} != 0u)`, v => `select(0u, 1u, ${v})`),
  int4: byte(signed(4), widened(4)),
  uint4: byte(x => `bitcast<i32>(${x} & 15u)`, masked(15)),
  int2: byte(signed(2), widened(2)),
  uint2: byte(x => `bitcast<i32>(${x} & 3u)`, masked(3)),
}

/** How a dtype is stored; undefined for those that a GPU can't reckon with. */
export function storageOf(dtype: DType): Storage | undefined {
  if (isMinifloat(dtype)) return (bitsOf(dtype) === 16 ? pair : byte)(x => `${dtype}ToFloat(${x})`, v => `floatTo${dtype}(${v})`)
  return storages[dtype]
}

/** Bytes that elements take in GPU memory, in whole words. As in a stage's buffer, sub-byte elements take a byte each. */
export function deviceBytes(dtype: DType, count: number): number {
  const { element, packed } = storageOf(dtype)!
  return Math.ceil(count / packed) * (element === 'vec2<u32>' ? 8 : 4)
}

