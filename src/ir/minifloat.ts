import type { DType } from './dtype.ts'

/** Floating-point types narrower than 32 bits. */
export type Minifloat = 'float16' | 'bfloat16' | 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz' | 'float8e8m0' | 'float6e2m3' | 'float6e3m2' | 'float4e2m1'

interface Layout {
  readonly exponent: number
  readonly fraction: number
  readonly bias: number
  /** `ieee`: the top exponent holds infinity and NaN. `fn`: all ones are NaN. `uz`: the bits of -0 are NaN. `none`: finite values only. */
  readonly special: 'ieee' | 'fn' | 'uz' | 'none'
}

const layouts: Record<Exclude<Minifloat, 'float8e8m0'>, Layout> = {
  float16: { exponent: 5, fraction: 10, bias: 15, special: 'ieee' },
  bfloat16: { exponent: 8, fraction: 7, bias: 127, special: 'ieee' },
  float8e4m3fn: { exponent: 4, fraction: 3, bias: 7, special: 'fn' },
  float8e4m3fnuz: { exponent: 4, fraction: 3, bias: 8, special: 'uz' },
  float8e5m2: { exponent: 5, fraction: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { exponent: 5, fraction: 2, bias: 16, special: 'uz' },
  float6e2m3: { exponent: 2, fraction: 3, bias: 1, special: 'none' },
  float6e3m2: { exponent: 3, fraction: 2, bias: 3, special: 'none' },
  float4e2m1: { exponent: 2, fraction: 1, bias: 1, special: 'none' },
}

/** What numbers a type holds: the exponent of its least normal number, how many binary places follow the first, and how it says what is none of its numbers. */
export interface Grid {
  readonly least: number
  readonly places: number
  readonly special: 'ieee' | 'fn' | 'uz' | 'none'
}

/** The numbers of a type whose numbers have places. */
export const gridOf = (dtype: Exclude<Minifloat, 'float8e8m0'>): Grid => ({ least: 1 - layouts[dtype].bias, places: layouts[dtype].fraction, special: layouts[dtype].special })

export const isMinifloat = (dtype: DType): dtype is Minifloat => dtype === 'float8e8m0' || Object.hasOwn(layouts, dtype)

const word = new DataView(new ArrayBuffer(8))
const exponentOf = (size: number): number => {
  word.setFloat64(0, size)
  return ((word.getUint16(0) >> 4) & 2047) - 1023
}

const halfToEven = (x: number): number => {
  const low = Math.floor(x)
  const rest = x - low
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low
}

/**
 * The value of a bit pattern (IEEE 754 binary16; bfloat16; OCP 8-bit Floating Point Specification; OCP Microscaling
 * Formats for E8M0, E2M3, E3M2 and E2M1; ONNX `float8` pages for the fnuz types).
 */
export function decodeMinifloat(dtype: Minifloat, bits: number): number {
  if (dtype === 'float8e8m0') return bits === 255 ? NaN : 2 ** (bits - 127)
  const { exponent, fraction, bias, special } = layouts[dtype]
  const signBit = 1 << (exponent + fraction)
  const magnitude = bits & (signBit - 1)
  const e = magnitude >> fraction
  const m = magnitude & ((1 << fraction) - 1)
  const sign = bits & signBit ? -1 : 1
  if (special === 'ieee' && e === (1 << exponent) - 1) return m ? NaN : sign * Infinity
  if (special === 'fn' && magnitude === signBit - 1) return NaN
  if (special === 'uz' && bits === signBit) return NaN
  return sign * (e === 0 ? m * 2 ** (1 - bias - fraction) : (2 ** fraction + m) * 2 ** (e - bias - fraction))
}

/**
 * The bit pattern nearest to a value, ties to even. What is too large becomes the largest value when it `saturates`, else
 * infinity where the type has one, else NaN, else (types of finite values only, whose NaN is -0) the largest value. E8M0 keeps the nearest
 * power of two of the magnitude.
 */
export function encodeMinifloat(dtype: Minifloat, value: number, saturates = false): number {
  if (dtype === 'float8e8m0') return encodePowerOfTwo(value)
  const { exponent, fraction, bias, special } = layouts[dtype]
  const signBit = 1 << (exponent + fraction)
  const top = ((1 << exponent) - 1) << fraction
  const nan = special === 'ieee' ? top | (1 << (fraction - 1)) : special === 'fn' ? signBit - 1 : signBit
  if (Number.isNaN(value)) return nan
  const sign = value < 0 || Object.is(value, -0) ? signBit : 0
  const size = Math.abs(value)
  const largest = special === 'ieee' ? top - 1 : special === 'fn' ? signBit - 2 : signBit - 1
  const e = Math.max(size === 0 ? 1 - bias : Math.min(exponentOf(size), 1024), 1 - bias)
  const magnitude = size === Infinity ? Infinity : (e + bias - 1) * 2 ** fraction + halfToEven(size * 2 ** (fraction - e))
  if (magnitude > largest) return saturates || special === 'none' ? sign | largest : special === 'ieee' ? sign | top : special === 'fn' ? sign | nan : nan
  if (special === 'uz' && magnitude === 0) return 0
  return sign | magnitude
}

function encodePowerOfTwo(value: number): number {
  const size = Math.abs(value)
  if (!(size < Infinity)) return 255
  if (size < 2 ** -127) return 0
  const e = exponentOf(size)
  const up = size * 2 ** -e >= 1.5 ? 1 : 0
  return Math.min(254, e + up + 127)
}

const tables = new Map<Minifloat, Float32Array>()

/** Every value of a type, indexed by bit pattern. */
export function minifloatTable(dtype: Minifloat): Float32Array {
  let table = tables.get(dtype)
  if (table === undefined) {
    const count = dtype === 'float8e8m0' ? 256 : 1 << (layouts[dtype].exponent + layouts[dtype].fraction + 1)
    table = Float32Array.from({ length: count }, (_, bits) => decodeMinifloat(dtype, bits))
    tables.set(dtype, table)
  }
  return table
}

/** The value of a binary16 bit pattern. */
export const halfToNumber = (bits: number): number => decodeMinifloat('float16', bits)
/** Rounds to nearest even; overflow gives infinity. */
export const numberToHalf = (value: number): number => encodeMinifloat('float16', value)
/** The value of a bfloat16 bit pattern. */
export const bfloat16ToNumber = (bits: number): number => decodeMinifloat('bfloat16', bits)
/** Rounds to nearest even; overflow gives infinity. */
export const numberToBfloat16 = (value: number): number => encodeMinifloat('bfloat16', value)
