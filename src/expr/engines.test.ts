import { describe, expect, it } from 'vitest'
import type { DType } from '../ir/dtype.ts'
import type { TypedArray } from '../ir/tensor.ts'
import type { BinaryOp, Expr, Scalar, UnaryOp } from './expr.ts'
import { binary, cast, constant, input, read, reduce, scan, scatter, select, stage, sum, unary } from './expr.ts'
import { compileClosures, compileExact as exactly } from './exact.ts'
import { runProgram } from './wasm/harness.ts'

type Compile = typeof exactly
const engines: readonly (readonly [string, Compile])[] = [
  ['JavaScript', exactly],
  ['closures', compileClosures],
  ['WebAssembly', (inputs, outputs) => arrays => runProgram(inputs, outputs, arrays)],
]

describe.each(engines)('%s', (_, compile) => {
  const f64 = (...v: number[]) => Float64Array.from(v)
  const i32 = (...v: number[]) => Int32Array.from(v)
  const i64 = (...v: (number | bigint)[]) => BigInt64Array.from(v, BigInt)
  const map1 = (dtype: DType, gives: DType, f: (x: Expr) => Expr, values: TypedArray): TypedArray => {
    const x = input([values.length], dtype)
    return compile([x], [stage([values.length], gives, i => f(read(x, [i!])))])([values])[0]!
  }
  const map2 = (dtype: DType, gives: DType, f: (a: Expr, b: Expr) => Expr, a: TypedArray, b: TypedArray): TypedArray => {
    const [x, y] = [input([a.length], dtype), input([b.length], dtype)]
    return compile([x, y], [stage([a.length], gives, i => f(read(x, [i!]), read(y, [i!])))])([a, b])[0]!
  }

  describe('unary operations', () => {
    const inputs = [0, -0, 0.5, -0.5, 1, -1, 2.5, -2.5, 1.5, 1e-10, 30, -30, Infinity, -Infinity, NaN]
    const same = ['sqrt', 'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'floor', 'ceil', 'trunc', 'abs', 'sign', 'fround'] as const
    it.each(same)('%s is what Math gives', op => {
      expect(map1('float64', 'float64', x => x.apply(op), f64(...inputs))).toEqual(f64(...inputs.map(v => Math[op](v))))
    })
    it('rounds half to even', () => {
      expect(map1('float64', 'float64', x => x.apply('round'), f64(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6, Infinity, NaN))).toEqual(f64(0, 2, 2, -0, -2, -2, 2, -3, Infinity, NaN))
    })
    it('erf agrees with tabulated values', () => {
      const table: [number, number][] = [[0, 0], [0.1, 0.1124629160182849], [0.5, 0.5204998778130465], [1, 0.8427007929497149], [2, 0.9953222650189527], [2.4, 0.9993114861033549], [2.6, 0.9997639655834707], [3, 0.9999779095030014], [5, 0.9999999999984626], [-1, -0.8427007929497149], [Infinity, 1], [-Infinity, -1]]
      const got = map1('float64', 'float64', x => x.apply('erf'), f64(...table.map(r => r[0]))) as Float64Array
      table.forEach(([, v], i) => expect(Math.abs(got[i]! - v)).toBeLessThanOrEqual(4e-16))
      expect(map1('float64', 'float64', x => x.apply('erf'), f64(NaN))).toEqual(f64(NaN))
    })
    it('tests for NaN and infinity', () => {
      expect(map1('float64', 'bool', x => x.apply('isnan'), f64(NaN, 1, Infinity))).toEqual(Uint8Array.of(1, 0, 0))
      expect(map1('float64', 'bool', x => x.apply('isinf'), f64(NaN, 1, -Infinity))).toEqual(Uint8Array.of(0, 0, 1))
    })
    const ints: [UnaryOp, number[], number[]][] = [['neg', [1, -(2 ** 31)], [-1, -(2 ** 31)]], ['abs', [-3, -(2 ** 31)], [3, -(2 ** 31)]], ['sign', [-3, 0], [-1, 0]], ['not', [0, -1], [-1, 0]], ['floor', [7, -7], [7, -7]]]
    it.each(ints)('%s of int and long', (op, from, to) => {
      expect(map1('int32', 'int32', x => unary(op, x), i32(...from))).toEqual(i32(...to))
      if (from[1]! > -(2 ** 31)) expect(map1('int64', 'int64', x => unary(op, x), i64(...from))).toEqual(i64(...to))
    })
  })

  describe('binary operations', () => {
    const cases: [BinaryOp, number[], number[], number[]][] = [
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
    it.each(cases)('int %s', (op, a, b, r) => {
      expect(map2('int32', 'int32', (x, y) => binary(op, x, y), i32(...a), i32(...b))).toEqual(i32(...r))
    })
    it('long and ulong wrap at 64 bits', () => {
      const top = 2n ** 63n - 1n
      expect(map2('int64', 'int64', (x, y) => x.add(y), i64(top), i64(1))).toEqual(i64(-(2n ** 63n)))
      expect(map2('int64', 'int64', (x, y) => x.mul(y), i64(3037000500n), i64(3037000500n))).toEqual(i64(BigInt.asIntN(64, 3037000500n ** 2n)))
      expect(map2('int64', 'int64', (x, y) => x.floordiv(y), i64(-7, 7), i64(2, 0))).toEqual(i64(-4, 0))
      expect(map2('int64', 'int64', (x, y) => x.shr(y), i64(-8, -8), i64(1, 64))).toEqual(i64(-4, -1))
      expect(map2('uint64', 'uint64', (x, y) => x.sub(y), BigUint64Array.of(1n), BigUint64Array.of(2n))).toEqual(BigUint64Array.of(2n ** 64n - 1n))
      expect(map2('uint32', 'uint32', (x, y) => x.add(y), Uint32Array.of(2 ** 32 - 1), Uint32Array.of(2))).toEqual(Uint32Array.of(1))
    })
    it('floats follow IEEE 754 and C', () => {
      expect(map2('float64', 'float64', (x, y) => x.max(y), f64(NaN, 1, -0), f64(1, NaN, 0))).toEqual(f64(NaN, NaN, 0))
      expect(map2('float64', 'float64', (x, y) => x.min(y), f64(NaN, 1, 2), f64(1, NaN, 3))).toEqual(f64(NaN, NaN, 2))
      expect(map2('float64', 'float64', (x, y) => x.pow(y), f64(1, -1, 2, -8), f64(NaN, Infinity, 0.5, 1 / 3))).toEqual(f64(1, 1, Math.SQRT2, NaN))
      expect(map2('float64', 'float64', (x, y) => x.rem(y), f64(-7, 5.5), f64(3, 2))).toEqual(f64(-1, 1.5))
      expect(map2('float64', 'float64', (x, y) => x.div(y), f64(1, 0), f64(0, 0))).toEqual(f64(Infinity, NaN))
      expect(map2('float64', 'bool', (x, y) => x.ne(y), f64(NaN, 1), f64(NaN, 1))).toEqual(Uint8Array.of(1, 0))
      expect(map2('float64', 'bool', (x, y) => x.le(y), f64(NaN, 1), f64(NaN, 1))).toEqual(Uint8Array.of(0, 1))
    })
    it('bools are logical', () => {
      const [a, b] = [Uint8Array.of(0, 0, 1, 1), Uint8Array.of(0, 1, 0, 1)]
      const table: [BinaryOp, number[]][] = [['and', [0, 0, 0, 1]], ['or', [0, 1, 1, 1]], ['xor', [0, 1, 1, 0]], ['eq', [1, 0, 0, 1]], ['ne', [0, 1, 1, 0]]]
      for (const [op, r] of table) expect(map2('bool', 'bool', (x, y) => binary(op, x, y), a, b)).toEqual(Uint8Array.from(r))
      expect(map1('bool', 'float32', x => cast(x.not(), 'float'), a)).toEqual(Float32Array.of(1, 1, 0, 0))
    })
  })

  describe('casts and storage', () => {
    const to = (type: Scalar, gives: DType, ...v: number[]) => map1('float64', gives, x => cast(x, type), f64(...v))
    it('floats to integers truncate and saturate, NaN gives 0', () => {
      expect(to('int', 'int32', 1.9, -1.9, NaN, 1e10, -1e10)).toEqual(i32(1, -1, 0, 2 ** 31 - 1, -(2 ** 31)))
      expect(to('long', 'int64', 1.9, NaN, 1e30, -1e30)).toEqual(i64(1, 0, 2n ** 63n - 1n, -(2n ** 63n)))
      expect(to('ulong', 'uint64', -1, 1e30)).toEqual(BigUint64Array.of(0n, 2n ** 64n - 1n))
      expect(to('bool', 'bool', 0, -0, 0.1, NaN)).toEqual(Uint8Array.of(0, 0, 1, 1))
    })
    it('integers wrap when stored', () => {
      expect(map1('int32', 'int8', x => x, i32(200, -129))).toEqual(Int8Array.of(-56, 127))
      expect(map1('int32', 'uint4', x => x, i32(17, -1))).toEqual(Uint8Array.of(1, 15))
      expect(map1('int32', 'int4', x => x, i32(8, -9))).toEqual(Int8Array.of(-8, 7))
      expect(map1('int64', 'int32', x => cast(x, 'int'), i64(2n ** 32n + 5n))).toEqual(i32(5))
      expect(map1('int32', 'uint64', x => cast(x, 'ulong'), i32(-1))).toEqual(BigUint64Array.of(2n ** 64n - 1n))
    })
    it('narrow floats are read and written by their bits', () => {
      expect(map1('float16', 'float32', x => x.mul(2), Uint16Array.of(0x3c00, 0xc000, 0x7c00))).toEqual(Float32Array.of(2, -4, Infinity))
      expect(map1('float32', 'float16', x => x, Float32Array.of(1, 65520, 2 ** -24, 1 + 2 ** -11))).toEqual(Uint16Array.of(0x3c00, 0x7c00, 1, 0x3c00))
      expect(map1('float32', 'bfloat16', x => x, Float32Array.of(1, -2))).toEqual(Uint16Array.of(0x3f80, 0xc000))
      expect(map1('float8e4m3fn', 'float32', x => x, Uint8Array.of(0x38, 0x7e, 0x7f))).toEqual(Float32Array.of(1, 448, NaN))
    })
  })

  describe('stages', () => {
    it('multiplies matrices', () => {
      const [a, b] = [input([2, 3], 'float32'), input([3, 2], 'float32')]
      const c = stage([2, 2], 'float32', (i, j) => sum([3], k => read(a, [i!, k!]).mul(read(b, [k!, j!]))))
      expect(compile([a, b], [c])([Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 0, 0, 1, 1, 1)])).toEqual([Float32Array.of(4, 5, 10, 11)])
    })
    it('pads by guarded reads inside a reduction', () => {
      const x = input([4], 'float32')
      const y = stage([4], 'float32', i => sum([3], k => select(i!.add(k!).sub(1).inside(0, 4), read(x, [i!.add(k!).sub(1)]), 0)))
      expect(compile([x], [y])([Float32Array.of(1, 2, 4, 8)])).toEqual([Float32Array.of(3, 7, 14, 12)])
    })
    it('reduces inside a select only where it is chosen', () => {
      const x = input([6], 'int64')
      const y = stage([3], 'int64', i => select(i!.lt(2), sum([3], k => read(x, [i!.mul(3).add(k!)])), -1n))
      expect(compile([x], [y])([i64(1, 2, 3, 4, 5, 6)])).toEqual([i64(6, 15, -1)])
    })
    it('computes a shared stage once and gives several outputs', () => {
      const x = input([2, 3], 'float64')
      const m = stage([2], 'float64', i => reduce('max', [3], k => read(x, [i!, k!])))
      const e = stage([2, 3], 'float64', (i, j) => read(x, [i!, j!]).sub(read(m, [i!])))
      expect(compile([x], [e, m, x])([f64(1, 2, 3, NaN, 5, 6)])).toEqual([f64(-2, -1, 0, NaN, NaN, NaN), f64(3, NaN), f64(1, 2, 3, NaN, 5, 6)])
    })
    it('runs scans along any axis', () => {
      const x = input([2, 3], 'float32')
      const along = (axis: number) => scan([2, 3], 'float32', axis, 'sum', (i, j) => read(x, [i!, j!]))
      expect(compile([x], [along(0), along(1)])([Float32Array.of(1, 2, 3, 4, 5, 6)])).toEqual([Float32Array.of(1, 2, 3, 5, 7, 9), Float32Array.of(1, 3, 6, 4, 9, 15)])
    })
    it('scatters in order', () => {
      const [x, at] = [input([3], 'float32'), input([4], 'int64')]
      const run = (op: 'set' | 'add' | 'mul' | 'min' | 'max') =>
        compile([x, at], [scatter([3], 'float32', i => read(x, [i!]), [4], k => ({ at: [cast(read(at, [k!]), 'int')], value: cast(k!.add(2), 'float') }), op)])([Float32Array.of(1, 1, 1), i64(0, 2, 0, 2)])
      expect(run('set')).toEqual([Float32Array.of(4, 1, 5)])
      expect(run('add')).toEqual([Float32Array.of(7, 1, 9)])
      expect(run('mul')).toEqual([Float32Array.of(8, 1, 15)])
      expect(run('max')).toEqual([Float32Array.of(4, 1, 5)])
      expect(run('min')).toEqual([Float32Array.of(1, 1, 1)])
    })
    it('handles no axes and no elements', () => {
      const [x, z] = [input([], 'float32'), input([0, 3], 'float32')]
      const empty = stage([0, 2], 'float32', () => constant(1, 'float'))
      const reduced = stage([3], 'float32', j => reduce('max', [0], k => read(z, [k!, j!])))
      expect(compile([x, z], [stage([], 'float32', () => read(x, []).add(1)), empty, reduced])([Float32Array.of(2), new Float32Array(0)])).toEqual([Float32Array.of(3), new Float32Array(0), Float32Array.of(-Infinity, -Infinity, -Infinity)])
    })
    it('reads through a reshape as one loop', () => {
      const x = input([4, 6], 'int32')
      const y = stage([2, 3, 4], 'int32', (i, j, k) => {
        const flat = i!.mul(12).add(j!.mul(4)).add(k!)
        return read(x, [flat.floordiv(6), flat.floormod(6)])
      })
      const values = Int32Array.from({ length: 24 }, (_, i) => i * i)
      expect(compile([x], [y])([values])).toEqual([values])
    })
    it('keeps positions from data inside the buffer', () => {
      const [x, at] = [input([3], 'int32'), input([3], 'int32')]
      expect(compile([x, at], [stage([3], 'int32', i => read(x, [read(at, [i!])]))])([i32(5, 6, 7), i32(-9, 1, 99)])).toEqual([i32(5, 6, 7)])
    })
  })
})
