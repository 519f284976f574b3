import { describe, expect, it } from 'vitest'
import type { DType } from '../../ir/dtype.ts'
import type { TypedArray } from '../../ir/tensor.ts'
import { allocate } from '../storage.ts'
import { compileExact } from '../exact.ts'
import { type BinaryOp, binary, type Buffer, cast, constant, type Expr, input, read, reduce, select, stage, sum, type UnaryOp, unary } from '../expr.ts'
import { runProgram } from './harness.ts'

/** Both engines on the same stages; JavaScript's doubles are the reference. */
function bothWays(inputs: readonly Buffer[], outputs: readonly Buffer[], arrays: readonly TypedArray[]): [fast: TypedArray[], exact: TypedArray[]] {
  return [runProgram(inputs, outputs, arrays), compileExact(inputs, outputs)(arrays)]
}

/** Equal NaNs and infinities, the rest within `relative` of the larger or `absolute`. */
function expectClose(fast: TypedArray, exact: TypedArray, relative = 1e-6, absolute = 1e-7): void {
  expect(fast.length).toBe(exact.length)
  for (let i = 0; i < exact.length; i++) {
    const [a, b] = [Number(fast[i]), Number(exact[i])]
    const same = Object.is(a, b) || a === b || Math.abs(a - b) <= absolute + relative * Math.abs(b)
    if (!same) expect.fail(`element ${i}: ${a}, not ${b}`)
  }
}

const special = [0, -0, 1, -1, 0.5, -0.5, 1e-30, -1e-30, 3.5, -3.5, 88, 89, -87, -88, -100, -104, 100, 1e10, -1e10, Infinity, -Infinity, NaN, 0.999, -0.999, 2.5, 1e-5]
const floats = Float32Array.from([...special, ...Array.from({ length: 500 }, (_, i) => Math.sin(i * 12.9898) * 10 ** ((i % 9) - 5))])

describe('four lanes at a time', () => {
  const unaries: UnaryOp[] = ['neg', 'abs', 'sign', 'sqrt', 'exp', 'expm1', 'log', 'log1p', 'erf', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'floor', 'ceil', 'trunc', 'round', 'fround']
  it.each(unaries)('%s of floats is that of doubles', op => {
    const x = input([floats.length], 'float32')
    const [fast, exact] = bothWays([x], [stage(x.shape, 'float32', i => read(x, [i!]).apply(op))], [floats])
    expectClose(fast[0]!, exact[0]!, 4e-7, 2e-38)
  })
  it.each(['isnan', 'isinf'] as const)('%s', op => {
    const x = input([floats.length], 'float32')
    const [fast, exact] = bothWays([x], [stage(x.shape, 'bool', i => read(x, [i!]).apply(op))], [floats])
    expect(fast).toEqual(exact)
  })

  const ops: BinaryOp[] = ['add', 'sub', 'mul', 'div', 'min', 'max', 'pow', 'atan2', 'rem', 'lt', 'le', 'eq', 'ne']
  it.each(ops)('%s of floats', op => {
    const n = special.length ** 2
    const [a, b] = [Float32Array.from({ length: n }, (_, i) => special[i % special.length]!), Float32Array.from({ length: n }, (_, i) => special[Math.floor(i / special.length)]!)]
    const [x, y] = [input([n], 'float32'), input([n], 'float32')]
    const made = stage([n], ['lt', 'le', 'eq', 'ne'].includes(op) ? 'bool' : 'float32', i => binary(op, read(x, [i!]), read(y, [i!])))
    const [fast, exact] = bothWays([x, y], [made], [a, b])
    expectClose(fast[0]!, exact[0]!)
  })

  const integers = [0, 1, -1, 2, -2, 7, -7, 31, 32, 33, 2 ** 31 - 1, -(2 ** 31), 12345, -54321]
  const intOps: BinaryOp[] = ['add', 'sub', 'mul', 'div', 'rem', 'min', 'max', 'pow', 'and', 'or', 'xor', 'shl', 'shr', 'lt', 'le', 'eq', 'ne']
  for (const dtype of ['int32', 'int64', 'uint64', 'uint32', 'int8', 'uint8', 'int16', 'uint16'] as const) {
    it.each(intOps)(`%s of ${dtype}`, op => {
      const n = integers.length ** 2
      const [a, b] = [0, 1].map(side => {
        const array = allocate(dtype, n)
        for (let i = 0; i < n; i++) {
          const v = integers[side ? Math.floor(i / integers.length) : i % integers.length]!
          array[i] = dtype === 'int64' || dtype === 'uint64' ? (BigInt(v) as never) : v
        }
        return array
      }) as [TypedArray, TypedArray]
      const [x, y] = [input([n], dtype), input([n], dtype)]
      const made = stage([n], ['lt', 'le', 'eq', 'ne'].includes(op) ? 'bool' : dtype, i => binary(op, read(x, [i!]), read(y, [i!])))
      const [fast, exact] = bothWays([x, y], [made], [a, b])
      expect(fast).toEqual(exact)
    })
  }
  it.each(['floordiv', 'floormod'] as const)('%s by constants and by data', op => {
    const data = Int32Array.from({ length: 40 }, (_, i) => (i - 20) * 3)
    const by = Int32Array.from({ length: 40 }, (_, i) => (i % 2 ? 1 : -1) * ((i % 7) + 1))
    const [x, y] = [input([40], 'int32'), input([40], 'int32')]
    const made = [stage([40], 'int32', i => binary(op, read(x, [i!]), read(y, [i!]))), ...[1, 3, 4, 7].map(k => stage([40], 'int32', i => binary(op, read(x, [i!]), k)))]
    const [fast, exact] = bothWays([x, y], made, [data, by])
    expect(fast).toEqual(exact)
  })
  it.each(['neg', 'abs', 'sign', 'not'] as const)('%s of integers', op => {
    const data = Int32Array.from(integers)
    const x = input([data.length], 'int32')
    const made = [stage(x.shape, 'int32', i => unary(op, read(x, [i!]))), stage(x.shape, 'int64', i => unary(op, cast(read(x, [i!]), 'long')))]
    const [fast, exact] = bothWays([x], made, [data])
    expect(fast).toEqual(exact)
  })

  const kinds: DType[] = ['float32', 'float64', 'float16', 'bfloat16', 'int32', 'int64', 'uint64', 'uint32', 'int16', 'uint16', 'int8', 'uint8', 'bool', 'int4', 'uint4', 'float8e4m3fn', 'float8e5m2', 'float4e2m1']
  const typeOf = { float64: 'double', int32: 'int', int64: 'long', uint64: 'ulong', uint32: 'long', int16: 'int', uint16: 'int', int8: 'int', uint8: 'int', bool: 'bool', int4: 'int', uint4: 'int' } as const
  it.each(kinds)('stores floats as %s and reads them back', dtype => {
    const x = input([floats.length], 'float32')
    const type = typeOf[dtype as keyof typeof typeOf] ?? 'float'
    const stored = stage(x.shape, dtype, i => cast(read(x, [i!]), type))
    const back = stage(x.shape, 'float32', i => cast(read(stored, [i!]), 'float'))
    const [fast, exact] = bothWays([x], [stored, back], [floats])
    expect(fast).toEqual(exact)
  })
})

describe('loops of every length', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 100])('%i elements: maps, reductions along both axes', n => {
    const x = input([3, n], 'float32')
    const data = Float32Array.from({ length: 3 * n }, (_, i) => Math.sin(i) * 3)
    const made = [
      stage([3, n], 'float32', (i, j) => read(x, [i!, j!]).mul(2).add(cast(j!, 'float'))),
      stage([3], 'float32', i => sum([n], k => read(x, [i!, k!]))),
      stage([3], 'float32', i => reduce('max', [n], k => read(x, [i!, k!]))),
      stage([n], 'float32', j => reduce('min', [3], k => read(x, [k!, j!]))),
      stage([n, 3], 'float32', (i, j) => read(x, [j!, i!])),
      stage([3, n], 'float32', (i, j) => read(x, [i!, constant(n - 1, 'int').sub(j!)])),
      stage([3, n], 'float32', (i, j) => select(j!.gt(0), read(x, [i!, j!.sub(1)]), -1)),
      stage([Math.ceil(n / 2)], 'float32', j => read(x, [1, j!.mul(2)])),
    ]
    const [fast, exact] = bothWays([x], made, [data])
    fast.forEach((f, i) => expectClose(f, exact[i]!, 1e-5, 1e-5))
  })
  it('max and min give NaN when any element is NaN, wherever it lies', () => {
    for (const at of [0, 1, 5, 63, 64, 69]) {
      const data = Float32Array.from({ length: 70 }, (_, i) => (i === at ? NaN : i))
      const x = input([70], 'float32')
      const [fast] = bothWays([x], [stage([], 'float32', () => reduce('max', [70], k => read(x, [k!]))), stage([], 'float32', () => reduce('min', [70], k => read(x, [k!])))], [data])
      expect(fast).toEqual([Float32Array.of(NaN), Float32Array.of(NaN)])
    }
  })
  it('keeps exp at 0 for minus infinity, as a masked softmax needs', () => {
    const x = input([5], 'float32')
    const weights: (e: Expr) => Expr = e => e.apply('exp')
    expect(runProgram([x], [stage([5], 'float32', i => weights(read(x, [i!])))], [Float32Array.of(-Infinity, -1e30, 0, 100, NaN)])).toEqual([Float32Array.of(0, 0, 1, Infinity, NaN)])
  })
})
