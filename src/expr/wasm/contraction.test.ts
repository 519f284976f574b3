import { describe, expect, it } from 'vitest'
import { sizeOf } from '../analysis/linear.ts'
import { compileExact } from '../exact.ts'
import { type Buffer, cast, constant, type Expr, input, read, select, stage, sum } from '../expr.ts'
import { recogniseContraction } from '../contraction.ts'
import { runProgram } from './harness.ts'
import { padGuarded } from '../pad.ts'
import { compileProgram } from './program.ts'

/** Small integers, so that float32 sums are exact in any order. */
const numbers = (b: Buffer, seed: number): Float32Array => Float32Array.from({ length: sizeOf(b.shape) }, (_, i) => ((i * 7919 + seed * 104729) % 13) - 6)

function check(inputs: readonly Buffer[], outputs: readonly Buffer[], contraction: boolean, at = outputs[0]!): void {
  expect(recogniseContraction(padGuarded(at).buffer) !== undefined).toBe(contraction)
  const arrays = inputs.map(numbers)
  const expected = compileExact(inputs, outputs)(arrays)
  expect(runProgram(inputs, outputs, arrays)).toEqual(expected)
  expect(runProgram(inputs, outputs, arrays, inputs.map((_, i) => i > 0))).toEqual(expected)
}

describe('matrix products', () => {
  const sizes = [[64, 64, 64], [3, 100, 300], [17, 33, 65], [130, 13, 520], [40, 500, 7], [5, 1000, 4]] as const
  for (const [m, n, k] of sizes) {
    for (const [ta, tb] of [[false, false], [true, false], [false, true], [true, true]] as const) {
      it(`${m}x${k} by ${k}x${n}${ta ? ', left transposed' : ''}${tb ? ', right transposed' : ''}`, () => {
        const a = input(ta ? [k, m] : [m, k], 'float32')
        const b = input(tb ? [n, k] : [k, n], 'float32')
        const c = stage([m, n], 'float32', (i, j) => sum([k], t => read(a, ta ? [t!, i!] : [i!, t!]).mul(read(b, tb ? [j!, t!] : [t!, j!]))))
        check([a, b], [c], true)
      })
    }
  }
  it('batches, broadcast on one side', () => {
    const [a, b] = [input([3, 2, 10, 20], 'float32'), input([2, 20, 30], 'float32')]
    check([a, b], [stage([3, 2, 10, 30], 'float32', (p, q, i, j) => sum([20], t => read(a, [p!, q!, i!, t!]).mul(read(b, [q!, t!, j!]))))], true)
  })
  it('stays with loops when an operand has no place for columns', () => {
    const [a, b] = [input([64, 64], 'float32'), input([64, 64], 'float32')]
    check([a, b], [stage([64, 64], 'float32', (i, j) => sum([64], t => read(a, [i!, t!]).mul(read(b, [i!, t!])).mul(cast(j!.add(1), 'float'))))], false)
  })
})

describe('what follows on the sums', () => {
  const [m, n, k] = [20, 50, 40]
  const [a, b, row, column, other] = [input([m, k], 'float32'), input([k, n], 'float32'), input([m], 'float32'), input([n], 'float32'), input([m, n], 'float32')]
  const product = (i: Expr, j: Expr): Expr => sum([k], t => read(a, [i, t!]).mul(read(b, [t!, j])))
  const cases: Record<string, (s: Expr, i: Expr, j: Expr) => Expr> = {
    'a value for each row': (s, i) => s.add(read(row, [i])),
    'a value for each column': (s, _, j) => read(column, [j]).add(s),
    'a matrix and clamping': (s, i, j) => s.add(read(other, [i, j])).max(0).min(6),
    'all of them': (s, i, j) => s.add(read(row, [i])).add(read(other, [i, j])).max(-5),
    'two columns of values': (s, _, j) => s.add(read(column, [j])).add(read(column, [constant(n - 1, 'int').sub(j)])),
    'a factor': (s, i) => s.mul(2).add(read(row, [i])),
    'itself twice': s => s.mul(s),
  }
  for (const [name, f] of Object.entries(cases)) {
    it(name, () => {
      check([a, b, row, column, other], [stage([m, n], 'float32', (i, j) => f(product(i!, j!), i!, j!))], true)
    })
    it(`${name}, stated in a later stage`, () => {
      const p = stage([m, n], 'float32', (i, j) => product(i!, j!))
      check([a, b, row, column, other], [stage([m, n], 'float32', (i, j) => f(read(p, [i!, j!]), i!, j!))], true, p)
    })
  }
  it('keeps sums that are wanted themselves', () => {
    const p = stage([m, n], 'float32', (i, j) => product(i!, j!))
    check([a, b], [p, stage([m, n], 'float32', (i, j) => read(p, [i!, j!]).max(0))], true)
  })
})

interface Shape {
  readonly batch: number
  readonly channels: number
  readonly outputs: number
  readonly size: readonly [number, number]
  readonly kernel: number
  readonly stride?: number
  readonly pad?: number
  readonly dilation?: number
  readonly groups?: number
}

describe('convolutions', () => {
  const shapes: readonly Shape[] = [
    { batch: 1, channels: 8, outputs: 16, size: [12, 14], kernel: 3, pad: 1 },
    { batch: 2, channels: 8, outputs: 12, size: [13, 11], kernel: 3, stride: 2, pad: 1 },
    { batch: 1, channels: 16, outputs: 24, size: [7, 7], kernel: 1 },
    { batch: 2, channels: 6, outputs: 10, size: [15, 17], kernel: 3, dilation: 2, pad: 2 },
    { batch: 1, channels: 3, outputs: 9, size: [20, 20], kernel: 7, stride: 2, pad: 3 },
    { batch: 1, channels: 12, outputs: 24, size: [10, 10], kernel: 3, pad: 1, groups: 3 },
  ]
  for (const s of shapes) {
    const { batch, channels, outputs, size, kernel, stride = 1, pad = 0, dilation = 1, groups = 1 } = s
    const counts = size.map(n => Math.floor((n + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1) as [number, number]
    const [inner, per] = [channels / groups, outputs / groups]
    const tap = (x: Buffer, at: (y: Expr, z: Expr) => readonly Expr[], [oy, ox]: readonly Expr[], [ky, kx]: readonly Expr[]): Expr => {
      const [y, z] = [oy!.mul(stride).add(ky!.mul(dilation)).sub(pad), ox!.mul(stride).add(kx!.mul(dilation)).sub(pad)]
      return pad ? select(y.inside(0, size[0]).and(z.inside(0, size[1])), read(x, at(y, z)), 0) : read(x, at(y, z))
    }
    it(`channels first ${JSON.stringify(s)}`, () => {
      const [x, w] = [input([batch, channels, ...size], 'float32'), input([outputs, inner, kernel, kernel], 'float32')]
      const grouped = stage([batch, groups, per, ...counts], 'float32', (b, g, m, oy, ox) =>
        sum([inner, kernel, kernel], (c, ky, kx) => tap(x, (y, z) => [b!, g!.mul(inner).add(c!), y, z], [oy!, ox!], [ky!, kx!]).mul(read(w, [g!.mul(per).add(m!), c!, ky!, kx!]))),
      )
      const out = stage([batch, outputs, ...counts], 'float32', (b, m, oy, ox) => read(grouped, [b!, m!.floordiv(per), m!.floormod(per), oy!, ox!]).max(0))
      check([x, w], [out], true, grouped)
    })
    if (groups === 1)
      it(`channels last ${JSON.stringify(s)}`, () => {
        const [x, w] = [input([batch, ...size, channels], 'float32'), input([outputs, kernel, kernel, channels], 'float32')]
        const out = stage([batch, ...counts, outputs], 'float32', (b, oy, ox, m) =>
          sum([kernel, kernel, channels], (ky, kx, c) => tap(x, (y, z) => [b!, y, z, c!], [oy!, ox!], [ky!, kx!]).mul(read(w, [m!, ky!, kx!, c!]))),
        )
        check([x, w], [out], true)
      })
  }
  for (const [stride, last] of [[1, false], [2, false], [1, true], [2, true]] as const) {
    it(`depthwise, stride ${stride}${last ? ', channels last' : ''}`, () => {
      const x = input(last ? [1, 9, 11, 6] : [1, 6, 9, 11], 'float32')
      const w = input([6, 3, 3], 'float32')
      const counts = [9, 11].map(n => Math.floor((n - 1) / stride) + 1) as [number, number]
      const place = (c: Expr, y: Expr, z: Expr): Expr[] => (last ? [constant(0, 'int'), y, z, c] : [constant(0, 'int'), c, y, z])
      const body = (c: Expr, oy: Expr, ox: Expr): Expr =>
        sum([3, 3], (ky, kx) => {
          const [y, z] = [oy.mul(stride).add(ky!).sub(1), ox.mul(stride).add(kx!).sub(1)]
          return select(y.inside(0, 9).and(z.inside(0, 11)), read(x, place(c, y, z)), 0).mul(read(w, [c, ky!, kx!]))
        })
      check([x, w], [last ? stage([1, ...counts, 6], 'float32', (_, y, z, c) => body(c!, y!, z!)) : stage([1, 6, ...counts], 'float32', (_, c, y, z) => body(c!, y!, z!))], false)
    })
  }
})

describe('operands that are made first', () => {
  const [m, n, k] = [12, 40, 50]
  it('16-bit floats are widened once', () => {
    const [a, b] = [input([m, k], 'float16'), input([k, n], 'bfloat16')]
    const made = [stage([m, n], 'float32', (i, j) => sum([k], t => read(a, [i!, t!]).mul(read(b, [t!, j!])))), stage([m, n], 'float16', (i, j) => sum([k], t => read(a, [i!, t!]).mul(read(b, [t!, j!]))))]
    const arrays = [Uint16Array.from({ length: m * k }, (_, i) => 0x3c00 + (i % 5)), Uint16Array.from({ length: k * n }, (_, i) => 0x4040 + (i % 3))]
    const expected = compileExact([a, b], made)(arrays)
    for (const constant of [[], [false, true]]) {
      const got = runProgram([a, b], made, arrays, constant)
      ;(got[0] as Float32Array).forEach((v, i) => expect(Math.abs(v - (expected[0] as Float32Array)[i]!)).toBeLessThan(1e-4))
      ;(got[1] as Uint16Array).forEach((v, i) => expect(Math.abs(v - (expected[1] as Uint16Array)[i]!)).toBeLessThanOrEqual(1))
    }
  })
  it('dequantized weights that are constant are made when constants are packed', () => {
    const [x, q, scale] = [input([m, k], 'float32'), input([k, n], 'int8'), input([n], 'float32')]
    const w = stage([k, n], 'float32', (i, j) => cast(read(q, [i!, j!]), 'float').mul(read(scale, [j!])))
    const y = stage([m, n], 'float32', (i, j) => sum([k], t => read(x, [i!, t!]).mul(read(w, [t!, j!]))))
    const arrays = [numbers(x, 1), Int8Array.from({ length: k * n }, (_, i) => (i % 7) - 3), numbers(scale, 2)]
    const expected = compileExact([x, q, scale], [y])(arrays)
    expect(runProgram([x, q, scale], [y], arrays)).toEqual(expected)
    expect(runProgram([x, q, scale], [y], arrays, [false, true, true])).toEqual(expected)
    const program = (constant: boolean) => compileProgram([x, q, scale].map((buffer, i) => ({ buffer, constant: constant && i > 0 })), [y])
    expect(program(true).scratchBytes).toBeLessThan(program(false).scratchBytes)
  })
})
