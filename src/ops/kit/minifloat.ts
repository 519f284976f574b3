import type { DType } from '../../ir/dtype.ts'

/**
 * Floats of 8 bits and less, after the OCP formats and ONNX's own (`fnuz`: no infinity, no -0, one NaN at the code of
 * -0). `e8m0` is a power of two without sign.
 */
interface Format {
  readonly exponentBits: number
  readonly mantissaBits: number
  readonly bias: number
  /** The code of the largest finite value. */
  readonly max: number
  /** The code of NaN, as a positive number has it; undefined: there is none, and it becomes -0. */
  readonly nan: number | undefined
  readonly infinity?: number
  readonly unsignedZero?: true
}

const formats: Partial<Record<DType, Format>> = {
  float8e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, max: 0x7e, nan: 0x7f },
  float8e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, max: 0x7f, nan: 0x80, unsignedZero: true },
  float8e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, max: 0x7b, nan: 0x7e, infinity: 0x7c },
  float8e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, max: 0x7f, nan: 0x80, unsignedZero: true },
  float4e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, max: 7, nan: undefined },
}

/** Floats that this file codes. */
export const isMinifloat = (dtype: DType): boolean => dtype in formats || dtype === 'float8e8m0'

const magnitudes = new Map<DType, readonly number[]>()

/** The values of the codes from 0 to that after the largest, which marks where overflow begins. */
function magnitudesOf(dtype: DType, f: Format): readonly number[] {
  let values = magnitudes.get(dtype)
  if (values === undefined) {
    values = Array.from({ length: f.max + 2 }, (_, code) => {
      const exponent = code >> f.mantissaBits
      const fraction = (code & ((1 << f.mantissaBits) - 1)) / (1 << f.mantissaBits)
      return exponent === 0 ? fraction * 2 ** (1 - f.bias) : (1 + fraction) * 2 ** (exponent - f.bias)
    })
    magnitudes.set(dtype, values)
  }
  return values
}

/** The value of a code. */
export function decodeMinifloat(dtype: DType, code: number): number {
  if (dtype === 'float8e8m0') return code === 0xff ? NaN : 2 ** (code - 127)
  const f = formats[dtype]!
  const signBit = 1 << (f.exponentBits + f.mantissaBits)
  const size = code & (signBit - 1)
  if (f.nan === code || (!f.unsignedZero && f.nan === size)) return NaN
  const value = size <= f.max ? magnitudesOf(dtype, f)[size]! : f.infinity === size ? Infinity : NaN
  return code & signBit ? -value : value
}

/** Rounds to nearest even. What is too large becomes the largest finite value, or, unless it `saturates`, infinity or NaN. */
export function encodeMinifloat(dtype: DType, value: number, saturates: boolean): number {
  const f = formats[dtype]!
  const signBit = 1 << (f.exponentBits + f.mantissaBits)
  if (Number.isNaN(value)) return f.nan ?? signBit
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0
  const values = magnitudesOf(dtype, f)
  const size = Math.abs(value)
  let low = 0
  for (let high = values.length; high - low > 1; ) {
    const middle = (low + high) >> 1
    if (values[middle]! <= size) low = middle
    else high = middle
  }
  const next = values[low + 1]
  if (next !== undefined) {
    const half = (values[low]! + next) / 2
    if (size > half || (size === half && low % 2 === 1)) low++
  }
  if (low > f.max) return saturates || f.nan === undefined ? sign | f.max : f.infinity !== undefined ? sign | f.infinity : f.unsignedZero ? f.nan : sign | f.nan
  return low === 0 && f.unsignedZero ? 0 : sign | low
}

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
