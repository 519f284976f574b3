/**
 * The scalar functions that JavaScript's own operators don't give. Printed functions call them by name.
 * Integer arguments and results are int32; those named `...64` take BigInts of 64 bits.
 */

/** Half to even. */
export function roundEven(x: number): number {
  const r = Math.round(x)
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r
}

/** C's pow: 1 to anything is 1, and -1 to an infinity is 1. */
export function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1
  return Math.pow(a, b)
}

/** By repeated squaring modulo 2^32; a negative exponent gives the truncated quotient. */
export function powerInt(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b & 1 ? -1 : 1) : 0
  let result = 1
  for (let [base, n] = [a, b]; n > 0; n >>>= 1, base = Math.imul(base, base)) if (n & 1) result = Math.imul(result, base)
  return result
}

/** By repeated squaring modulo 2^64; the caller narrows the result. */
export function power64(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b & 1n ? -1n : 1n) : 0n
  let result = 1n
  for (let [base, n] = [a, b]; n > 0n; n >>= 1n, base = BigInt.asUintN(64, base * base)) if (n & 1n) result = BigInt.asUintN(64, result * base)
  return result
}

export const divide = (a: number, b: number): number => (b === 0 ? 0 : (a / b) | 0)
export const floorMod = (a: number, b: number): number => {
  const r = a % b
  return r !== 0 && r < 0 !== b < 0 ? (r + b) | 0 : r | 0
}
export const shiftLeft = (a: number, b: number): number => (b >>> 0 > 31 ? 0 : a << b)
export const shiftRight = (a: number, b: number): number => (b >>> 0 > 31 ? a >> 31 : a >> b)

export const divide64 = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a / b)
export const remainder64 = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a % b)
export const floorDivide64 = (a: bigint, b: bigint): bigint => {
  if (b === 0n) return 0n
  const q = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q
}
export const floorMod64 = (a: bigint, b: bigint): bigint => {
  if (b === 0n) return 0n
  const r = a % b
  return r !== 0n && r < 0n !== b < 0n ? r + b : r
}
export const shiftLeft64 = (a: bigint, b: bigint): bigint => (b < 0n || b > 63n ? 0n : a << b)
export const shiftRight64 = (a: bigint, b: bigint): bigint => (b < 0n || b > 63n ? (a < 0n ? -1n : 0n) : a >> b)
export const least64 = (a: bigint, b: bigint): bigint => (a < b ? a : b)
export const greatest64 = (a: bigint, b: bigint): bigint => (a > b ? a : b)
export const sign64 = (a: bigint): bigint => (a > 0n ? 1n : a < 0n ? -1n : 0n)
export const absolute64 = (a: bigint): bigint => (a < 0n ? -a : a)

/** Truncates and saturates; NaN gives 0. */
export const toInt = (x: number): number => (x >= 2147483647 ? 2147483647 : x <= -2147483648 ? -2147483648 : x | 0)
export const toLong = (x: number): bigint => (x !== x ? 0n : x >= 2 ** 63 ? 2n ** 63n - 1n : x <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(x)))
export const toUlong = (x: number): bigint => (x !== x || x <= 0 ? 0n : x >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(Math.trunc(x)))

/**
 * The error function to within a few units in the last place of a double: the Maclaurin series below 2.5, the continued
 * fraction of erfc above (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const size = Math.abs(x)
  if (x !== x) return NaN
  if (size > 6) return x > 0 ? 1 : -1
  if (size < 2.5) {
    let term = x
    let sum = x
    const square = 2 * x * x
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= square / (2 * n + 1)
      sum += term
    }
    return x === 0 ? x : 1.1283791670955126 * Math.exp(-x * x) * sum
  }
  let fraction = 0
  for (let k = 60; k > 0; k--) fraction = k / 2 / (size + fraction)
  const tail = (Math.exp(-size * size) * 0.5641895835477563) / (size + fraction)
  return x > 0 ? 1 - tail : tail - 1
}
