import { expect, it } from 'vitest'
import { encodeMinifloat, minifloatTable } from '../../ir/minifloat.ts'
import { input, read, stage } from '../expr.ts'
import { runProgram } from './harness.ts'

it.each(['float16', 'bfloat16'] as const)('%s: every bit pattern is read, in vectors and alone', dtype => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i)
  const x = input([65536], dtype)
  const [four, one] = runProgram([x], [stage([65536], 'float32', i => read(x, [i!])), stage([21845, 3], 'float32', (i, j) => read(x, [j!.mul(21845).add(i!)]))], [bits])
  expect(four).toEqual(minifloatTable(dtype))
  expect(one![1]).toBe(minifloatTable(dtype)[21845])
})

it.each(['float16', 'bfloat16'] as const)('%s: floats are rounded as the decimal definition says', dtype => {
  const table = minifloatTable(dtype)
  const values = new Float32Array(4 * 65536 + 7)
  for (let i = 0; i < 65535; i++) {
    const [a, b] = [table[i]!, table[i + 1]!]
    values.set([a, (a + b) / 2, a + (b - a) / 4, a + (3 * (b - a)) / 4], 4 * i)
  }
  values.set([1e30, -1e30, 65519.996, 65520, 2 ** -25, 1.0000001 * 2 ** -25, -0], 4 * 65536)
  const x = input([values.length], 'float32')
  const [four] = runProgram([x], [stage([values.length], dtype, i => read(x, [i!]))], [values])
  expect(four).toEqual(Uint16Array.from(values, v => encodeMinifloat(dtype, v)))
  for (const v of [1 / 3, 1e-7, -70000, NaN]) {
    const s = input([], 'float32')
    expect(runProgram([s], [stage([], dtype, () => read(s, []))], [Float32Array.of(v)])).toEqual([Uint16Array.of(encodeMinifloat(dtype, v))])
  }
})
