import type { DType } from './dtype.ts'
import { bitsOf, byteLengthOf, kindOf } from './dtype.ts'

/** Elements of less than a byte, which tensors keep packed. */
export const isSubByte = (dtype: DType): boolean => bitsOf(dtype) > 0 && bitsOf(dtype) < 8

/** One byte for each of `count` packed elements, lowest bits first, six bits across bytes; signed integers are sign-extended. */
export function unpackSubByte(dtype: DType, packed: Uint8Array, count: number): Uint8Array {
  const bits = bitsOf(dtype)
  const mask = (1 << bits) - 1
  const sign = kindOf(dtype) === 'int' ? 1 << (bits - 1) : 0
  const out = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const at = (i * bits) >> 3
    const raw = ((packed[at]! | ((packed[at + 1] ?? 0) << 8)) >> ((i * bits) & 7)) & mask
    out[i] = (raw ^ sign) - sign
  }
  return out
}

/** The packed form of one element per byte; only the low bits count. The last byte is padded with zero. */
export function packSubByte(dtype: DType, elements: Uint8Array): Uint8Array {
  const bits = bitsOf(dtype)
  const mask = (1 << bits) - 1
  const out = new Uint8Array(byteLengthOf(dtype, elements.length))
  for (let i = 0; i < elements.length; i++) {
    const at = (i * bits) >> 3
    const raw = (elements[i]! & mask) << ((i * bits) & 7)
    out[at] = out[at]! | raw
    if (raw > 255) out[at + 1] = raw >> 8
  }
  return out
}
