import { describe, expect, it } from 'vitest'
import type { Expr, UnaryOp } from '../../src/expr/expr.ts'
import { binary, input, read, select, stage, unary } from '../../src/expr/expr.ts'
import { erf, power } from '../../src/expr/js/scalar.ts'
import { runStages } from './harness.ts'

// Functions of float32 against Math, which computes doubles: the error in units in the last place of float32. Results below the least normal number may be 0.

const words = new Float32Array(1)
const bits = new Int32Array(words.buffer)
const normal = 2 ** -126

/** The distance between a float32 and the next at some value. */
function unit(x: number): number {
  words[0] = x
  return 2 ** (Math.max(1, (bits[0]! >> 23) & 255) - 150)
}

function error(got: number, wanted: number): number {
  if (Number.isNaN(wanted)) return Number.isNaN(got) ? 0 : Infinity
  const nearest = Math.fround(wanted)
  if (got === nearest) return Object.is(got, -0) !== Object.is(nearest, -0) ? Infinity : 0
  if (!Number.isFinite(nearest)) return Math.abs(got) === 2 ** 128 - 2 ** 104 ? 1 : Infinity
  if (Math.abs(got - wanted) <= normal) return 0
  return Math.abs(got - wanted) / unit(nearest)
}

let seed = 1
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}
const edges = [0, -0, 1, -1, 0.5, -0.5, 2, -2, Infinity, -Infinity, NaN, 2 ** -126, 2 ** 24, -(2 ** 24), 2 ** 24 - 1, 3.4028234663852886e38, -3.4028234663852886e38, Math.PI, Math.PI / 2, 1e10, 1e-10]
const within = (low: number, high: number, n = 6000): number[] => Array.from({ length: n }, () => low + (high - low) * random())
/** Either sign, magnitudes spread over the exponents. */
const wide = (least = -60, most = 128, n = 6000): number[] => Array.from({ length: n }, () => (random() < 0.5 ? -1 : 1) * 2 ** (least + (most - least) * random()))
const floats = (...lists: readonly (readonly number[])[]): Float32Array => Float32Array.from([...edges, ...lists.flat()])

async function worst(f: (x: Expr, y: Expr) => Expr, exact: (x: number, y: number) => number, a: Float32Array, b: Float32Array): Promise<{ error: number; at: string }> {
  const [x, y] = [input([a.length], 'float32'), input([a.length], 'float32')]
  const [got] = await runStages([x, y], [stage([a.length], 'float32', i => f(read(x, [i!]), read(y, [i!])))], [a, b])
  let found = { error: 0, at: '' }
  a.forEach((v, i) => {
    const wanted = exact(v, b[i]!)
    const e = error(Number(got![i]), wanted)
    if (e > found.error) found = { error: e, at: `${v}, ${b[i]}: ${got![i]} for ${wanted}` }
  })
  return found
}

const unaries: readonly (readonly [UnaryOp, (x: number) => number, limit: number, Float32Array])[] = [
  ['sqrt', Math.sqrt, 3, floats(wide(-126))],
  ['exp', Math.exp, 2, floats(wide(-60, 7), within(-110, 95), within(-1, 1))],
  ['expm1', Math.expm1, 2, floats(wide(-60, 7), within(-30, 95), within(-1, 1))],
  ['log', Math.log, 2, floats(wide(-126), within(0.5, 2))],
  ['log1p', Math.log1p, 3, floats(wide(), within(-1, 1))],
  ['erf', erf, 2, floats(wide(-60, 5), within(-4, 4))],
  ['sin', Math.sin, 3, floats(wide(), within(-10, 10), within(-1e5, 1e5))],
  ['cos', Math.cos, 3, floats(wide(), within(-10, 10), within(-1e5, 1e5))],
  ['tan', Math.tan, 4, floats(wide(), within(-10, 10), within(-1e5, 1e5))],
  ['asin', Math.asin, 3, floats(wide(-60, 1), within(-1, 1))],
  ['acos', Math.acos, 3, floats(wide(-60, 1), within(-1, 1))],
  ['atan', Math.atan, 3, floats(wide(), within(-4, 4))],
  ['sinh', Math.sinh, 3, floats(wide(-60, 7), within(-95, 95), within(-2, 2))],
  ['cosh', Math.cosh, 3, floats(wide(-60, 7), within(-95, 95), within(-2, 2))],
  ['tanh', Math.tanh, 3, floats(wide(), within(-10, 10), within(-1, 1))],
  ['asinh', Math.asinh, 3, floats(wide(), within(-4, 4))],
  ['acosh', Math.acosh, 4, floats(wide(), within(1, 4))],
  ['atanh', Math.atanh, 4, floats(wide(-60, 1), within(-1, 1))],
  ['floor', Math.floor, 0, floats(wide(-10, 40), within(-10, 10))],
  ['ceil', Math.ceil, 0, floats(wide(-10, 40), within(-10, 10))],
  ['trunc', Math.trunc, 0, floats(wide(-10, 40), within(-10, 10))],
  ['sign', Math.sign, 0, floats(wide(-100))],
  ['abs', Math.abs, 0, floats(wide(-100))],
]

const halves = Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) / 4)
const grid = edges.flatMap(() => edges)
const pairs = (a: readonly number[], b: readonly number[]): readonly [Float32Array, Float32Array] => [Float32Array.from([...edges.flatMap(v => edges.map(() => v)), ...a]), Float32Array.from([...grid, ...b])]

describe('functions of float32', () => {
  it.each(unaries)('%s', async (op, exact, limit, values) => {
    const found = await worst(x => unary(op, x), exact, values, values)
    if (process.env['ERRORS']) console.log(op, found.error.toFixed(2), found.at)
    expect(found.error, found.at).toBeLessThanOrEqual(limit)
  })
  it('round', async () => {
    const even = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.abs(x) >= 2 ** 23 ? x : Math.round(x))
    expect(await worst(x => x.apply('round'), x => even(x), halves, halves)).toEqual({ error: 0, at: '' })
  })
  it('pow', async () => {
    const [a, b] = pairs([...wide(-40, 40).map(Math.abs), ...within(0.5, 2), ...within(-20, 20), ...within(0.99, 1.01)], [...within(-4, 4), ...within(-150, 150), ...within(-20, 20).map(Math.round), ...within(-8000, 8000)])
    const found = await worst((x, y) => x.pow(y), power, a, b)
    if (process.env['ERRORS']) console.log('pow', found.error.toFixed(2), found.at)
    expect(found.error, found.at).toBeLessThanOrEqual(3)
  })
  it.each([1, 2, 3, 0.5, -1, 0])('pow by the constant %d', async n => {
    const values = floats(wide(-30, 30), within(-4, 4))
    const found = await worst(x => x.pow(n), x => power(x, n), values, values)
    if (process.env['ERRORS']) console.log('pow', n, found.error.toFixed(2), found.at)
    expect(found.error, found.at).toBeLessThanOrEqual(3)
  })
  it('atan2', async () => {
    const [a, b] = pairs([...wide(-40, 40), ...within(-2, 2)], [...wide(-40, 40), ...within(-2, 2)])
    const found = await worst((x, y) => binary('atan2', x, y), Math.atan2, a, b)
    expect(found.error, found.at).toBeLessThanOrEqual(4)
  })
  it('rem', async () => {
    const [a, b] = pairs([...wide(-100, 128), ...within(-20, 20)], [...wide(-100, 100), ...within(-3, 3)])
    expect(await worst((x, y) => x.rem(y), (x, y) => x % y, a, b)).toEqual({ error: 0, at: '' })
  })
  it.each(['max', 'min'] as const)('%s', async op => {
    const [a, b] = pairs(within(-3, 3), within(-3, 3))
    // of two zeros either may be given
    expect(await worst((x, y) => select(x.eq(y), x, binary(op, x, y)), (x, y) => (x === y ? x : Math[op](x, y)), a, b)).toEqual({ error: 0, at: '' })
  })
})
