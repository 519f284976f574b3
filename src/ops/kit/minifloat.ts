import type { DType } from '../../ir/dtype.ts'
import { bitsOf } from '../../ir/dtype.ts'
import type { Minifloat } from '../../ir/minifloat.ts'
import { isMinifloat } from '../../ir/minifloat.ts'

/** Floats of 8 bits and less, whose casts have modes of their own. */
export type SmallFloat = Exclude<Minifloat, 'float16' | 'bfloat16'>

export const isSmallFloat = (dtype: DType): dtype is SmallFloat => isMinifloat(dtype) && bitsOf(dtype) <= 8

export type PowerRounding = 'up' | 'down' | 'nearest'

/** The code of a power of two (float8e8m0); ties of `nearest` go up. Negative numbers count as their size. */
export function encodePower(value: number, saturates: boolean, rounding: PowerRounding): number {
  const size = Math.abs(value)
  if (Number.isNaN(size)) return 0xff
  if (size < 2 ** -127) return saturates ? 0 : 0xff
  if (size > 2 ** 127) return saturates ? 0xfe : 0xff
  let exponent = Math.floor(Math.log2(size))
  if (2 ** exponent > size) exponent--
  if (2 ** (exponent + 1) <= size) exponent++
  const fraction = size / 2 ** exponent
  const up = rounding === 'up' ? fraction > 1 : rounding === 'nearest' && fraction >= 1.5
  return exponent + 127 + (up ? 1 : 0)
}
