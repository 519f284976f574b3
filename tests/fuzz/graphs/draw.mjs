// Seeded draws: numbers, shapes and elements, with the odd ones that break things drawn often.
import { stream } from '../mutate.mjs'

/** Kinds of elements, by how often they are drawn. */
const tempers = [...Array(12).fill('plain'), ...Array(8).fill('wide'), ...Array(4).fill('special'), 'huge']
const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, 1e-7, 1e6]
const huge = [1e-40, 1e10, -1e10, 3e38, -3e38, 1, 0, -2, 1e20]
const words = ['', 'a', 'b', 'ab', 'Ab', 'ABC', 'hello world', 'a,b,,c', 'äöü', 'x y  z', '12', '-1.5', '日本']

export const floats = new Set(['float32', 'float64', 'float16', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0', 'float4e2m1'])
const bits = { int8: 8, uint8: 8, int16: 16, uint16: 16, int32: 32, uint32: 32, int64: 64, uint64: 64, int4: 4, uint4: 4, int2: 2, uint2: 2 }

/** Least and greatest value of an integer dtype, as bigints. */
export function boundsOf(dtype) {
  const n = BigInt(bits[dtype])
  return dtype.startsWith('u') ? [0n, 2n ** n - 1n] : [-(2n ** (n - 1n)), 2n ** (n - 1n) - 1n]
}

export class Draw {
  #next
  constructor(seed) {
    this.#next = stream(seed + 1)
    for (let i = 0; i < 4; i++) this.#next()
  }
  /** From low to high, both included. */
  int(low, high) {
    return low + (this.#next() % (high - low + 1))
  }
  chance(p) {
    return this.#next() / 2 ** 32 < p
  }
  unit() {
    return this.#next() / 2 ** 32
  }
  pick(list) {
    return list[this.#next() % list.length]
  }
  /** `value()` with a chance of p, else undefined. */
  maybe(p, value) {
    return this.chance(p) ? value() : undefined
  }
  shuffle(list) {
    const out = [...list]
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(0, i)
      ;[out[i], out[j]] = [out[j], out[i]]
    }
    return out
  }
  /** Some of the list, in the list's order. */
  some(list, p = 0.5) {
    return list.filter(() => this.chance(p))
  }
  size() {
    return this.chance(0.05) ? 0 : this.chance(0.25) ? 1 : this.int(2, 5)
  }
  /** A size that an operator needs to be there. */
  positive(most = 5) {
    return this.chance(0.2) ? 1 : this.int(1, most)
  }
  shape(least = 0, most = 4) {
    const rank = this.chance(0.04) ? Math.max(least, Math.min(most + 2, 6)) : this.int(least, most)
    return Array.from({ length: rank }, () => (rank > 4 ? this.int(1, 2) : this.size()))
  }
  /** An axis of a tensor of this rank, counted from either end. */
  axis(rank) {
    return this.int(-rank, rank - 1)
  }
  /** Distinct axes, each counted from either end. */
  axes(rank, least = 0) {
    const chosen = this.shuffle(Array.from({ length: rank }, (_, i) => i))
    return chosen.slice(0, this.int(Math.min(least, rank), rank)).map(a => (this.chance(0.4) ? a - rank : a))
  }
  /** A shape that broadcasts with this one. */
  broadcastTo(shape) {
    const kept = shape.slice(this.chance(0.5) ? 0 : this.int(0, shape.length))
    return kept.map(n => (this.chance(0.25) ? 1 : n))
  }
  temper() {
    return this.pick(tempers)
  }
  /** One element: a number, bigint (64-bit integers), boolean as 0 or 1, or string. */
  element(dtype, temper, { low, high } = {}) {
    if (dtype === 'string') return this.pick(words)
    if (dtype === 'bool') return this.int(0, 1)
    if (low !== undefined) return floats.has(dtype) && dtype !== 'float8e8m0' ? low + this.unit() * (high - low) : this.int(Math.ceil(low), Math.floor(high))
    if (floats.has(dtype)) {
      if (temper === 'special' && this.chance(0.5)) return this.pick(special)
      if (temper === 'huge' && this.chance(0.5)) return this.pick(huge)
      if (temper === 'plain') return this.int(-16, 16) / this.pick([1, 2, 4])
      return (this.unit() - 0.5) * 2 * this.pick([1, 1, 10])
    }
    const [least, most] = boundsOf(dtype)
    if (temper === 'special' && this.chance(0.4)) return this.pick([least, most, 0n, 1n, most - 1n])
    const span = temper === 'wide' ? 100 : 5
    const value = dtype.startsWith('u') ? this.int(0, 2 * span) : this.int(-span, span)
    return Math.max(Number(least), Math.min(Number(most), value))
  }
  /** Elements for a tensor. */
  elements(dtype, count, temper = this.temper(), range = {}) {
    return Array.from({ length: count }, () => this.element(dtype, temper, range))
  }
}
