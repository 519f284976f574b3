import type { DType } from '../ir/dtype.ts'
import type { TypedArray } from '../ir/tensor.ts'
import type { BinaryOp, Buffer, Expr, Scalar, UnaryOp } from './expr.ts'
import { binary, cast, constant, input, read, reduce, scan, scatter, select, stage, sum, unary } from './expr.ts'

/** What every engine must compute. Where `near` is given, results are within so much of what is expected even in double precision. */
export interface EngineCase {
  readonly name: string
  readonly inputs: readonly Buffer[]
  readonly outputs: readonly Buffer[]
  readonly arrays: readonly TypedArray[]
  readonly expected: readonly TypedArray[]
  readonly near?: number
}

const f32 = (...v: number[]) => Float32Array.from(v)
const f64 = (...v: number[]) => Float64Array.from(v)
const i8 = (...v: number[]) => Int8Array.from(v)
const i32 = (...v: number[]) => Int32Array.from(v)
const i64 = (...v: (number | bigint)[]) => BigInt64Array.from(v, BigInt)
const u8 = (...v: number[]) => Uint8Array.from(v)
const u16 = (...v: number[]) => Uint16Array.from(v)
const u64 = (...v: bigint[]) => BigUint64Array.from(v)

const map1 = (name: string, dtype: DType, gives: DType, f: (x: Expr) => Expr, values: TypedArray, expected: TypedArray): EngineCase => {
  const x = input([values.length], dtype)
  return { name, inputs: [x], outputs: [stage([values.length], gives, i => f(read(x, [i!])))], arrays: [values], expected: [expected] }
}
const map2 = (name: string, dtype: DType, gives: DType, f: (a: Expr, b: Expr) => Expr, a: TypedArray, b: TypedArray, expected: TypedArray): EngineCase => {
  const [x, y] = [input([a.length], dtype), input([b.length], dtype)]
  return { name, inputs: [x, y], outputs: [stage([a.length], gives, i => f(read(x, [i!]), read(y, [i!])))], arrays: [a, b], expected: [expected] }
}

const top = 2n ** 63n - 1n

function unaries(): EngineCase[] {
  const values = [0, -0, 0.5, -0.5, 1, -1, 2.5, -2.5, 1.5, 1e-10, 30, -30, Infinity, -Infinity, NaN]
  const same = ['sqrt', 'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'floor', 'ceil', 'trunc', 'abs', 'sign', 'fround'] as const
  const table: [number, number][] = [[0, 0], [0.1, 0.1124629160182849], [0.5, 0.5204998778130465], [1, 0.8427007929497149], [2, 0.9953222650189527], [2.4, 0.9993114861033549], [2.6, 0.9997639655834707], [3, 0.9999779095030014], [5, 0.9999999999984626], [-1, -0.8427007929497149], [Infinity, 1], [-Infinity, -1], [NaN, NaN]]
  const ints: [UnaryOp, number[], number[]][] = [['neg', [1, -(2 ** 31)], [-1, -(2 ** 31)]], ['abs', [-3, -(2 ** 31)], [3, -(2 ** 31)]], ['sign', [-3, 0, 9], [-1, 0, 1]], ['not', [0, -1], [-1, 0]], ['floor', [7, -7], [7, -7]]]
  const longs: [UnaryOp, bigint[], bigint[]][] = [['neg', [1n, -top - 1n, 2n ** 32n], [-1n, -top - 1n, -(2n ** 32n)]], ['abs', [-3n, -top - 1n, -(2n ** 40n)], [3n, -top - 1n, 2n ** 40n]], ['sign', [-(2n ** 33n), 0n, 2n ** 32n], [-1n, 0n, 1n]], ['not', [0n, -1n], [-1n, 0n]], ['floor', [7n, -7n], [7n, -7n]]]
  return [
    ...same.map(op => map1(`${op} is what Math gives`, 'float64', 'float64', x => x.apply(op), f64(...values), f64(...values.map(v => Math[op](v))))),
    map1('round: half to even', 'float64', 'float64', x => x.apply('round'), f64(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6, Infinity, NaN), f64(0, 2, 2, -0, -2, -2, 2, -3, Infinity, NaN)),
    { ...map1('erf agrees with tabulated values', 'float64', 'float64', x => x.apply('erf'), f64(...table.map(r => r[0])), f64(...table.map(r => r[1]))), near: 4e-16 },
    map1('isnan', 'float64', 'bool', x => x.apply('isnan'), f64(NaN, 1, Infinity), u8(1, 0, 0)),
    map1('isinf', 'float64', 'bool', x => x.apply('isinf'), f64(NaN, 1, -Infinity), u8(0, 0, 1)),
    ...ints.map(([op, from, to]) => map1(`${op} of int`, 'int32', 'int32', x => unary(op, x), i32(...from), i32(...to))),
    ...longs.map(([op, from, to]) => map1(`${op} of long`, 'int64', 'int64', x => unary(op, x), i64(...from), i64(...to))),
  ]
}

function binaries(): EngineCase[] {
  const ints: [BinaryOp, number[], number[], number[]][] = [
    ['add', [2 ** 31 - 1, -5], [1, 2], [-(2 ** 31), -3]],
    ['sub', [-(2 ** 31), 4], [1, 9], [2 ** 31 - 1, -5]],
    ['mul', [65536, -7], [65537, 3], [65536, -21]],
    ['div', [-7, 7, 5, -(2 ** 31)], [2, -2, 0, -1], [-3, -3, 0, -(2 ** 31)]],
    ['floordiv', [-7, 7, -8, 6], [2, -2, 2, 3], [-4, -4, -4, 2]],
    ['floormod', [-7, 7, -8, 6], [3, -3, 2, 4], [2, -2, 0, 2]],
    ['rem', [-7, 7, -8], [3, -3, 2], [-1, 1, 0]],
    ['min', [3, -2], [4, -9], [3, -9]],
    ['max', [3, -2], [4, -9], [4, -2]],
    ['pow', [2, -3, 2, -1], [10, 3, -1, -3], [1024, -27, 0, -1]],
    ['and', [12, -1], [10, 5], [8, 5]],
    ['or', [12, 0], [10, 5], [14, 5]],
    ['xor', [12, -1], [10, 5], [6, -6]],
    ['shl', [1, 3, 1], [4, 30, 32], [16, -(2 ** 30), 0]],
    ['shr', [-8, 16, -1, 7], [1, 2, 40, 40], [-4, 4, -1, 0]],
  ]
  const large = [7n, -7n, 2n ** 40n + 3n, -(2n ** 40n) - 3n, top, -top - 1n, 0n, 5n, 123456789012345678n, -987654321098765432n, 2n ** 32n, -(2n ** 32n)]
  const small = [2n, -2n, 65535n, 65536n, 3n, -1n, 9n, 0n, 1234567891n, 98765432109876n, 2n ** 32n + 1n, -(2n ** 31n)]
  const floor = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : (a - (((a % b) + b) % b)) / b)
  const wide = (v: bigint): bigint => BigInt.asIntN(64, v)
  const longs: [BinaryOp, (a: bigint, b: bigint) => bigint][] = [
    ['add', (a, b) => a + b], ['sub', (a, b) => a - b], ['mul', (a, b) => a * b],
    ['div', (a, b) => (b === 0n ? 0n : a / b)], ['rem', (a, b) => (b === 0n ? 0n : a % b)],
    ['floordiv', floor], ['floormod', (a, b) => (b === 0n ? 0n : ((a % b) + b) % b)],
    ['min', (a, b) => (a < b ? a : b)], ['max', (a, b) => (a > b ? a : b)], ['and', (a, b) => a & b], ['or', (a, b) => a | b], ['xor', (a, b) => a ^ b],
  ]
  const places = [0n, 1n, 31n, 32n, 33n, 63n, 64n, -1n, 40n, 2n ** 32n, 5n, 62n]
  const pairs = large.flatMap(a => small.map(b => [a, b] as const))
  const shifts = large.flatMap(a => places.map(b => [a, b] as const))
  const firsts = (p: readonly (readonly [bigint, bigint])[]) => p.map(([a]) => a)
  const seconds = (p: readonly (readonly [bigint, bigint])[]) => p.map(([, b]) => b)
  const far = (b: bigint): boolean => b < 0n || b > 63n
  const natural = (v: bigint): bigint => BigInt.asUintN(64, v)
  return [
    ...ints.map(([op, a, b, r]) => map2(`int ${op}`, 'int32', 'int32', (x, y) => binary(op, x, y), i32(...a), i32(...b), i32(...r))),
    ...longs.map(([op, f]) => map2(`long ${op}`, 'int64', 'int64', (x, y) => binary(op, x, y), i64(...firsts(pairs)), i64(...seconds(pairs)), i64(...pairs.map(([a, b]) => wide(f(a, b)))))),
    ...longs.map(([op, f]) =>
      map2(`ulong ${op}`, 'uint64', 'uint64', (x, y) => binary(op, x, y), u64(...firsts(pairs).map(natural)), u64(...seconds(pairs).map(natural)), u64(...pairs.map(([a, b]) => natural(f(natural(a), natural(b)))))),
    ),
    map2('long shl', 'int64', 'int64', (x, y) => x.shl(y), i64(...firsts(shifts)), i64(...seconds(shifts)), i64(...shifts.map(([a, b]) => (far(b) ? 0n : wide(a << b))))),
    map2('long shr', 'int64', 'int64', (x, y) => x.shr(y), i64(...firsts(shifts)), i64(...seconds(shifts)), i64(...shifts.map(([a, b]) => (far(b) ? (a < 0n ? -1n : 0n) : a >> b)))),
    map2('ulong shr', 'uint64', 'uint64', (x, y) => x.shr(y), u64(...firsts(shifts).map(natural)), u64(...seconds(shifts).map(natural)), u64(...shifts.map(([a, b]) => (far(b) ? 0n : natural(a) >> b)))),
    map2('long pow', 'int64', 'int64', (x, y) => x.pow(y), i64(3, -2, 2, -1, 1, 7), i64(39, 63, -1, -3, -9, 0), i64(3n ** 39n, -(2n ** 63n), 0, -1, 1, 1)),
    ...(['lt', 'le', 'eq', 'ne'] as const).map(op => {
      const holds = (a: bigint, b: bigint): boolean => (op === 'lt' ? a < b : op === 'le' ? a <= b : (a === b) === (op === 'eq'))
      const both = large.flatMap(a => large.map(b => [a, b] as const))
      return map2(`long ${op}`, 'int64', 'bool', (x, y) => binary(op, x, y), i64(...firsts(both)), i64(...seconds(both)), u8(...both.map(([a, b]) => Number(holds(a, b)))))
    }),
    map2('uint32 add wraps', 'uint32', 'uint32', (x, y) => x.add(y), Uint32Array.of(2 ** 32 - 1), Uint32Array.of(2), Uint32Array.of(1)),
    map2('float max', 'float64', 'float64', (x, y) => x.max(y), f64(NaN, 1, -0), f64(1, NaN, 0), f64(NaN, NaN, 0)),
    map2('float min', 'float64', 'float64', (x, y) => x.min(y), f64(NaN, 1, 2), f64(1, NaN, 3), f64(NaN, NaN, 2)),
    map2('float pow', 'float64', 'float64', (x, y) => x.pow(y), f64(1, -1, 2, -8), f64(NaN, Infinity, 0.5, 1 / 3), f64(1, 1, Math.SQRT2, NaN)),
    map2('float rem', 'float64', 'float64', (x, y) => x.rem(y), f64(-7, 5.5), f64(3, 2), f64(-1, 1.5)),
    map2('float div', 'float64', 'float64', (x, y) => x.div(y), f64(1, 0), f64(0, 0), f64(Infinity, NaN)),
    map2('float ne', 'float64', 'bool', (x, y) => x.ne(y), f64(NaN, 1), f64(NaN, 1), u8(1, 0)),
    map2('float le', 'float64', 'bool', (x, y) => x.le(y), f64(NaN, 1), f64(NaN, 1), u8(0, 1)),
    ...([['and', [0, 0, 0, 1]], ['or', [0, 1, 1, 1]], ['xor', [0, 1, 1, 0]], ['eq', [1, 0, 0, 1]], ['ne', [0, 1, 1, 0]]] as [BinaryOp, number[]][]).map(([op, r]) =>
      map2(`bool ${op}`, 'bool', 'bool', (x, y) => binary(op, x, y), u8(0, 0, 1, 1), u8(0, 1, 0, 1), u8(...r)),
    ),
    map1('not of bool', 'bool', 'float32', x => cast(x.not(), 'float'), u8(0, 0, 1, 1), f32(1, 1, 0, 0)),
  ]
}

function casts(): EngineCase[] {
  const to = (type: Scalar, gives: DType, values: number[], expected: TypedArray) => map1(`float to ${type}`, 'float64', gives, x => cast(x, type), f64(...values), expected)
  return [
    to('int', 'int32', [1.9, -1.9, NaN, 1e10, -1e10], i32(1, -1, 0, 2 ** 31 - 1, -(2 ** 31))),
    to('long', 'int64', [1.9, NaN, 1e30, -1e30, 2 ** 40, -(2 ** 62), -2.5], i64(1, 0, top, -top - 1n, 2n ** 40n, -(2n ** 62n), -2)),
    to('ulong', 'uint64', [-1, 1e30, 2 ** 63, 3.7], u64(0n, 2n ** 64n - 1n, 2n ** 63n, 3n)),
    to('bool', 'bool', [0, -0, 0.1, NaN], u8(0, 0, 1, 1)),
    map1('long to float', 'int64', 'float32', x => cast(x, 'float'), i64(0, -3, 2n ** 24n + 1n, 2n ** 24n + 3n, top, -top - 1n, 2n ** 40n + 2n ** 16n, 2n ** 40n + 2n ** 16n + 1n), f32(0, -3, 2 ** 24, 2 ** 24 + 4, 2 ** 63, -(2 ** 63), 2 ** 40, 2 ** 40 + 2 ** 17)),
    map1('ulong to float', 'uint64', 'float32', x => cast(x, 'float'), u64(0n, 2n ** 64n - 1n, 2n ** 63n, 2n ** 32n), f32(0, 2 ** 64, 2 ** 63, 2 ** 32)),
    map1('int8 wraps', 'int32', 'int8', x => x, i32(200, -129), i8(-56, 127)),
    map1('uint4 wraps', 'int32', 'uint4', x => x, i32(17, -1), u8(1, 15)),
    map1('int4 wraps', 'int32', 'int4', x => x, i32(8, -9), i8(-8, 7)),
    map1('long to int', 'int64', 'int32', x => cast(x, 'int'), i64(2n ** 32n + 5n), i32(5)),
    map1('int to ulong', 'int32', 'uint64', x => cast(x, 'ulong'), i32(-1), u64(2n ** 64n - 1n)),
    map1('float16 is read', 'float16', 'float32', x => x.mul(2), u16(0x3c00, 0xc000, 0x7c00), f32(2, -4, Infinity)),
    map1('float16 is written', 'float32', 'float16', x => x, f32(1, 65520, 2 ** -24, 1 + 2 ** -11), u16(0x3c00, 0x7c00, 1, 0x3c00)),
    map1('bfloat16 is written', 'float32', 'bfloat16', x => x, f32(1, -2), u16(0x3f80, 0xc000)),
    map1('float8e4m3fn is read', 'float8e4m3fn', 'float32', x => x, u8(0x38, 0x7e, 0x7f), f32(1, 448, NaN)),
  ]
}

function stages(): EngineCase[] {
  const cases: EngineCase[] = []
  const add = (name: string, inputs: readonly Buffer[], outputs: readonly Buffer[], arrays: readonly TypedArray[], expected: readonly TypedArray[]): number => cases.push({ name, inputs, outputs, arrays, expected })
  {
    const [a, b] = [input([2, 3], 'float32'), input([3, 2], 'float32')]
    const c = stage([2, 2], 'float32', (i, j) => sum([3], k => read(a, [i!, k!]).mul(read(b, [k!, j!]))))
    add('a product of matrices', [a, b], [c], [f32(1, 2, 3, 4, 5, 6), f32(1, 0, 0, 1, 1, 1)], [f32(4, 5, 10, 11)])
  }
  {
    const x = input([4], 'float32')
    const y = stage([4], 'float32', i => sum([3], k => select(i!.add(k!).sub(1).inside(0, 4), read(x, [i!.add(k!).sub(1)]), 0)))
    add('guarded reads inside a reduction', [x], [y], [f32(1, 2, 4, 8)], [f32(3, 7, 14, 12)])
  }
  {
    const x = input([6], 'int64')
    const y = stage([3], 'int64', i => select(i!.lt(2), sum([3], k => read(x, [i!.mul(3).add(k!)])), -1n))
    add('a reduction inside a select, only where it is chosen', [x], [y], [i64(1, 2, 3, 4, 5, 6)], [i64(6, 15, -1)])
  }
  {
    const x = input([2, 3], 'float64')
    const m = stage([2], 'float64', i => reduce('max', [3], k => read(x, [i!, k!])))
    const e = stage([2, 3], 'float64', (i, j) => read(x, [i!, j!]).sub(read(m, [i!])))
    add('a shared stage, and several outputs', [x], [e, m, x], [f64(1, 2, 3, NaN, 5, 6)], [f64(-2, -1, 0, NaN, NaN, NaN), f64(3, NaN), f64(1, 2, 3, NaN, 5, 6)])
  }
  {
    const x = input([2, 3], 'float32')
    const along = (axis: number) => scan([2, 3], 'float32', axis, 'sum', (i, j) => read(x, [i!, j!]))
    add('scans along any axis', [x], [along(0), along(1)], [f32(1, 2, 3, 4, 5, 6)], [f32(1, 2, 3, 5, 7, 9), f32(1, 3, 6, 4, 9, 15)])
  }
  for (const [op, result] of [['set', [4, 1, 5]], ['add', [7, 1, 9]], ['mul', [8, 1, 15]], ['max', [4, 1, 5]], ['min', [1, 1, 1]]] as const) {
    const [x, at] = [input([3], 'float32'), input([4], 'int64')]
    const y = scatter([3], 'float32', i => read(x, [i!]), [4], k => ({ at: [cast(read(at, [k!]), 'int')], value: cast(k!.add(2), 'float') }), op)
    add(`scatter in order: ${op}`, [x, at], [y], [f32(1, 1, 1), i64(0, 2, 0, 2)], [f32(...result)])
  }
  {
    const [x, z] = [input([], 'float32'), input([0, 3], 'float32')]
    const empty = stage([0, 2], 'float32', () => constant(1, 'float'))
    const reduced = stage([3], 'float32', j => reduce('max', [0], k => read(z, [k!, j!])))
    add('no axes and no elements', [x, z], [stage([], 'float32', () => read(x, []).add(1)), empty, reduced], [f32(2), f32()], [f32(3), f32(), f32(-Infinity, -Infinity, -Infinity)])
  }
  {
    const x = input([4, 6], 'int32')
    const y = stage([2, 3, 4], 'int32', (i, j, k) => {
      const flat = i!.mul(12).add(j!.mul(4)).add(k!)
      return read(x, [flat.floordiv(6), flat.floormod(6)])
    })
    const values = Int32Array.from({ length: 24 }, (_, i) => i * i)
    add('a reshape', [x], [y], [values], [values])
  }
  {
    const [x, at] = [input([3], 'int32'), input([3], 'int32')]
    add('positions from data are kept inside the buffer', [x, at], [stage([3], 'int32', i => read(x, [read(at, [i!])]))], [i32(5, 6, 7), i32(-9, 1, 99)], [i32(5, 6, 7)])
  }
  return cases
}

/** The meaning of each node of the expression language by example. Expected values are Math's and BigInt's, tables of erf, or written by hand. */
export const engineCases: readonly EngineCase[] = [...unaries(), ...binaries(), ...casts(), ...stages()]
