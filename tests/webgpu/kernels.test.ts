import { describe, expect, it } from 'vitest'
import { leastProfile } from '../../executors/webgpu/profile.ts'
import type { Profile } from '../../executors/webgpu/profile.ts'
import { compileExact } from '../../src/expr/exact.ts'
import { sizeOf } from '../../src/expr/analysis/linear.ts'
import type { Buffer, Expr, ReduceOp } from '../../src/expr/expr.ts'
import { cast, constant, input, read, reduce, reduceOver, scalarOf, scan, scatter, select, stage, sum, variable } from '../../src/expr/expr.ts'
import { allocate } from '../../src/expr/storage.ts'
import type { DType } from '../../src/ir/dtype.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { adapterProfile, planned, runOnGpu } from './programs.ts'

// Kernels on the adapter at hand against the exact engine, planned for it and for a GPU of the least limits.

interface Case {
  readonly inputs: readonly Buffer[]
  readonly outputs: readonly Buffer[]
  readonly arrays?: readonly TypedArray[]
  /** Of float results, absolute and relative. */
  readonly tolerance?: number
}

let seed = 7
const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647
function filled({ dtype, shape }: Buffer): TypedArray {
  const array = allocate(dtype, sizeOf(shape))
  const type = scalarOf(dtype)
  for (let i = 0; i < array.length; i++) {
    const bits = dtype === 'float16' ? 0x3000 : 0x3e00
    const x = type === 'bool' ? Math.round(random()) : dtype === 'float32' ? random() * 2 - 1 : type === 'float' ? bits + Math.floor(random() * 0x0fff) % (0x4000 - bits) : Math.floor(random() * 100)
    ;(array as unknown as (number | bigint)[])[i] = type === 'long' || type === 'ulong' ? (array instanceof BigInt64Array || array instanceof BigUint64Array ? BigInt(x) : x) : x
  }
  return array
}

/** Narrow floats are bits here: two steps apart at most. */
const allowed = (dtype: DType, expected: number, tolerance: number): number => (dtype === 'float32' ? tolerance * Math.max(1, Math.abs(expected)) : dtype.includes('float') ? 2 : 0)
const near = (a: number, b: number, most: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= most

async function check({ inputs, outputs, arrays = inputs.map(filled), tolerance = 1e-5 }: Case, profile: Profile): Promise<void> {
  const expected = compileExact(inputs, outputs)(arrays)
  const { outputs: got } = await runOnGpu(planned(inputs, outputs, profile), arrays)
  expected.forEach((e, o) => {
    const wrong = [...(e as Iterable<number | bigint>)].findIndex((x, i) => !near(Number(got[o]![i]), Number(x), allowed(outputs[o]!.dtype, Number(x), tolerance)))
    expect(wrong === -1 ? '' : `output ${o} at ${wrong}: ${got[o]![wrong]} and not ${e[wrong]}`).toBe('')
  })
}

const along = (x: Buffer, op: ReduceOp, f: (e: Expr) => Expr = e => e): Buffer => {
  const [rows, n] = x.shape as [number, number]
  return stage([rows, 1], x.dtype, i => reduce(op, [n], k => f(read(x, [i!, k!]))))
}

function softmax(shape: readonly [number, number, number], dtype: DType): Case {
  const x = input(shape, dtype)
  const [a, n, b] = shape
  const over = (from: Buffer, op: ReduceOp): Buffer => stage([a, 1, b], dtype, (i, _, j) => { const k = variable(n); return reduceOver(op, [k], read(from, [i!, k, j!])) })
  const high = over(x, 'max')
  const powers = stage(shape, dtype, (i, k, j) => read(x, [i!, k!, j!]).sub(read(high, [i!, 0, j!])).apply('exp'))
  const total = over(powers, 'sum')
  return { inputs: [x], outputs: [stage(shape, dtype, (i, k, j) => read(powers, [i!, k!, j!]).div(read(total, [i!, 0, j!])))] }
}

function groupNorm(batch: number, groups: number, size: number, pixels: number): Case {
  const channels = groups * size
  const x = input([batch, channels, pixels], 'float32')
  const scale = input([channels], 'float32')
  const total = (n: Expr, g: Expr, f: (e: Expr) => Expr): Expr => sum([size, pixels], (c, p) => f(read(x, [n, g.mul(size).add(c!), p!]))).div(size * pixels)
  const mean = stage([batch, groups], 'float32', (n, g) => total(n!, g!, e => e))
  const inverse = stage([batch, groups], 'float32', (n, g) => {
    const c = (e: Expr): Expr => e.sub(read(mean, [n!, g!]))
    return constant(1, 'float').div(total(n!, g!, e => c(e).mul(c(e))).add(1e-5).apply('sqrt'))
  })
  const y = stage(x.shape, 'float32', (n, c, p) => {
    const at = [n!, c!.floordiv(size)]
    return read(x, [n!, c!, p!]).sub(read(mean, at)).mul(read(inverse, at)).mul(read(scale, [c!]))
  })
  return { inputs: [x, scale], outputs: [y, mean] }
}

const reduction = (rows: number, n: number, op: ReduceOp, dtype: DType): Case => {
  const x = input([rows, n], dtype)
  return { inputs: [x], outputs: [along(x, op)] }
}
const columns = (n: number, m: number): Case => {
  const x = input([n, m], 'float32')
  return { inputs: [x], outputs: [stage([m], 'float32', i => sum([n], k => read(x, [k!, i!])))] }
}
const firstHighest = (rows: number, n: number): Case => {
  const x = input([rows, n], 'float32')
  const high = along(x, 'max')
  return { inputs: [x], outputs: [stage([rows], 'int64', i => cast(reduce('min', [n], k => select(read(x, [i!, k!]).eq(read(high, [i!, 0])), k!, constant(n, 'int'))), 'long'))] }
}
const special = (rows: number, n: number, op: ReduceOp): Case => {
  const made = reduction(rows, n, op, 'float32')
  const array = Float32Array.from({ length: rows * n }, () => random())
  array[3] = NaN
  array[n + 5] = -Infinity
  if (rows > 2) array[2 * n + 1] = Infinity
  return { ...made, arrays: [array] }
}

const cases: Record<string, Case> = {}
for (const [rows, n] of [[1, 1], [0, 7], [3, 0], [1, 17], [5, 31], [7, 257], [37, 64], [1, 100003], [2, 40000], [300, 19], [70001, 5]] as const) {
  cases[`sum of ${rows} rows of ${n}`] = { ...reduction(rows, n, 'sum', 'float32'), tolerance: 1e-4 }
  cases[`highest of ${rows} rows of ${n}`] = reduction(rows, n, 'max', 'float32')
}
for (const dtype of ['int32', 'int64', 'uint8', 'bool', 'int8'] as const) for (const op of ['sum', 'max', 'min', 'prod'] as const) cases[`${op} of ${dtype}`] = reduction(5, 67, op, dtype)
for (const op of ['sum', 'max', 'min'] as const) cases[`${op} with NaN and infinities`] = special(4, 100, op)
for (const [rows, n] of [[1, 50000], [9, 33], [1, 3]] as const) cases[`place of the highest of ${rows} rows of ${n}`] = firstHighest(rows, n)
for (const dtype of ['float32', 'float16', 'bfloat16'] as const) for (const shape of [[3, 37, 1], [64, 128, 1], [2, 19, 5], [1, 1, 1], [2, 5000, 1], [300, 16, 3]] as const) cases[`softmax of ${dtype} ${shape.join('x')}`] = softmax(shape, dtype)
for (const op of ['or', 'and', 'sum'] as const) cases[`${op} of very many bools`] = reduction(1, 50021, op, 'bool')
cases['softmax with NaN as 0'] = (() => {
  const { inputs, outputs } = softmax([6, 40, 1], 'float32')
  const [y] = outputs
  const at = (a: Expr, b: Expr, c: Expr): Expr => read(y!, [a.mul(2).add(b), c, 0])
  const array = filled(inputs[0]!)
  array[50] = NaN
  return { inputs, outputs: [stage([3, 2, 40], 'float32', (a, b, c) => select(at(a!, b!, c!).apply('isnan'), 0, at(a!, b!, c!)))], arrays: [array] }
})()
cases['softmax of one very long row'] = softmax([1, 40000, 1], 'float32')
cases['columns summed'] = columns(513, 70)
for (const [b, g, s, p] of [[2, 3, 4, 25], [1, 1, 2, 9], [1, 8, 16, 64]] as const) cases[`groups ${b} ${g} ${s} ${p}`] = groupNorm(b, g, s, p)

const running = (rows: number, n: number, op: 'sum' | 'prod', dtype: DType): Case => {
  const x = input([rows, n, 2], dtype)
  const wanted = scan([rows, n, 2], dtype, 1, op, (i, j, k) => (op === 'prod' && dtype === 'float32' ? read(x, [i!, j!, k!]).mul(0.01).add(1) : read(x, [i!, j!, k!])))
  return { inputs: [x], outputs: [wanted], tolerance: 1e-3 }
}
for (const [rows, n] of [[1, 1], [1, 100003], [2, 5], [3, 257], [40, 33], [1, 0], [0, 4]] as const) cases[`running sum of ${rows} rows of ${n}`] = running(rows, n, 'sum', 'float32')
for (const dtype of ['int32', 'int64', 'int8', 'uint32'] as const) cases[`running sum of ${dtype}`] = running(2, 40009, 'sum', dtype)
cases['running product'] = running(3, 100, 'prod', 'float32')

/** `n` updates at `places` of few, so that many meet. */
function scattered(n: number, places: number, op: 'set' | 'add' | 'mul' | 'min' | 'max', dtype: DType): Case {
  const [x, at, updates] = [input([places, 3], dtype), input([n], 'int64'), input([n, 3], dtype)]
  const y = scatter(x.shape, dtype, (i, j) => read(x, [i!, j!]), [n, 3], (u, j) => ({ at: [read(at, [u!]).to('int'), j!], value: read(updates, [u!, j!]) }), op)
  const factors = filled(updates)
  if (op === 'mul') factors.forEach((_, i) => ((factors as unknown as (number | bigint)[])[i] = factors instanceof BigInt64Array ? BigInt(1 + (i % 2)) : dtype === 'float32' ? 1 + (i % 3) / 100 : 1 + (i % 2)))
  return { inputs: [x, at, updates], outputs: [y], arrays: [filled(x), BigInt64Array.from({ length: n }, () => BigInt(Math.floor(random() * places))), factors], tolerance: 1e-4 }
}
for (const op of ['set', 'add', 'mul', 'min', 'max'] as const) {
  for (const dtype of ['float32', 'int32', 'int64', 'int8', 'uint32'] as const) cases[`scatter ${op} of ${dtype}`] = scattered(500, 37, op, dtype)
  cases[`scatter ${op} of few`] = scattered(5, 3, op, 'float32')
}
cases['scatter of bools'] = scattered(500, 37, 'set', 'bool')
cases['scatter of many'] = scattered(30000, 100, 'set', 'float32')
cases['scatter of none'] = scattered(0, 5, 'add', 'float32')
cases['scatter where none meet'] = (() => {
  const [x, updates] = [input([100, 9], 'float32'), input([40, 9], 'float32')]
  return { inputs: [x, updates], outputs: [scatter(x.shape, 'float32', (i, j) => read(x, [i!, j!]), [40, 9], (u, j) => ({ at: [u!.mul(2), j!], value: read(updates, [u!, j!]) }))] }
})()

/** Inputs of different sizes, one after the other: more than a shader may bind. */
function joined(count: number, dtypes: readonly DType[]): Case {
  const inputs = Array.from({ length: count }, (_, i) => input([1 + (i * 7) % 13], dtypes[i % dtypes.length]!))
  const starts = inputs.map((_, i) => inputs.slice(0, i).reduce((n, b) => n + b.shape[0]!, 0))
  const size = starts.at(-1)! + inputs.at(-1)!.shape[0]!
  const pick = (i: Expr, from: number, to: number): Expr => {
    if (to - from === 1) return read(inputs[from]!, [i.sub(starts[from]!)]).to(scalarOf(dtypes[0]!))
    const middle = (from + to) >> 1
    return select(i.lt(starts[middle]!), pick(i, from, middle), pick(i, middle, to))
  }
  return { inputs, outputs: [stage([size], dtypes[0]!, i => pick(i!, 0, count))] }
}
for (const dtypes of [['float32'], ['int8'], ['int64'], ['float16'], ['float32', 'int32', 'uint8', 'int64']] as const) cases[`forty of ${dtypes.join()} joined`] = joined(40, dtypes)
cases['thirty summed'] = (() => {
  const inputs = Array.from({ length: 30 }, () => input([5, 7], 'float32'))
  return { inputs, outputs: [stage([5, 7], 'float32', (...i) => inputs.map(b => read(b, i)).reduce((a, b) => a.add(b)))] }
})()

describe.each(['adapter', 'gpu', 'least'] as const)('planned for: %s', which => {
  it.each(Object.keys(cases))('%s', async name => {
    const profile = await adapterProfile()
    await check(cases[name]!, which === 'adapter' ? profile : which === 'gpu' ? { ...profile, software: false } : leastProfile)
  })
})
