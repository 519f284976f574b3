import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineCases } from '../../src/expr/engines.fixture.ts'
import { compileExact } from '../../src/expr/exact.ts'
import { input, read, stage } from '../../src/expr/expr.ts'
import { interpret } from '../../src/expr/interpret.fixture.ts'
import { choicesFrom, fits, scenario, unsigned } from '../../src/expr/random.fixture.ts'
import { allocate } from '../../src/expr/storage.ts'
import { dtypes } from '../../src/ir/dtype.ts'
import { isMinifloat, minifloatTable } from '../../src/ir/minifloat.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { runStages } from './harness.ts'

const isFloats = (a: TypedArray): boolean => a instanceof Float32Array || a instanceof Float64Array

/** Floats within a part of what is expected, doubles being float32 on the GPU; all else exactly. Zeros may have either sign. */
function expectNear(got: readonly TypedArray[], expected: readonly TypedArray[], part: number): void {
  expect(got.length).toBe(expected.length)
  expected.forEach((e, i) => {
    if (!isFloats(e)) return expect(got[i]).toEqual(e)
    expect(got[i]!.length).toBe(e.length)
    e.forEach((v, k) => {
      const [x, wanted] = [Number(got[i]![k]), Math.fround(Number(v))]
      expect(Object.is(x, wanted) || Math.abs(x - wanted) <= part * Math.abs(wanted), `[${k}] ${x} for ${wanted}`).toBe(true)
    })
  })
}

describe('WGSL', () => {
  it.each(engineCases)('$name', async ({ inputs, outputs, arrays, expected }) => {
    expectNear(await runStages(inputs, outputs, arrays), expected, 3e-7)
  })

  it('computes what the definition says', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(2 ** 20), { minLength: 300, maxLength: 300 }), async stream => {
        const { inputs, arrays, outputs } = scenario(choicesFrom(stream))
        const defined = interpret(outputs, new Map(inputs.map((b, i) => [b, arrays[i]!])))
        if (!defined.every(fits)) return
        compared++
        expect((await runStages(inputs, outputs, arrays)).map(unsigned)).toEqual(defined.map(unsigned))
      }),
      { numRuns: +(process.env['RUNS'] ?? 40), seed: +(process.env['SEED'] ?? 7), endOnFailure: true },
    )
    expect(compared).toBeGreaterThan(20)
  }, 600_000)
})

describe('narrow floats', () => {
  const small = dtypes.filter(isMinifloat)
  it.each(small)('%s: every pattern is read', async dtype => {
    const table = minifloatTable(dtype)
    const bits = allocate(dtype, table.length)
    table.forEach((_, i) => (bits[i] = i))
    const x = input([table.length], dtype)
    const [got] = await runStages([x], [stage([table.length], 'float32', i => read(x, [i!]))], [bits])
    // numbers below float32's least normal one may be read as 0
    expect((got as Float32Array).map((v, i) => (v === 0 && Math.abs(table[i]!) < 2 ** -126 ? table[i]! : v))).toEqual(table)
  })
  it.each(small)('%s: to the nearest, ties to even', async dtype => {
    const table = [...minifloatTable(dtype)].filter(v => Number.isFinite(v) && (v === 0 || Math.abs(v) >= 2 ** -126)).sort((a, b) => a - b)
    const middles = table.slice(1).map((v, i) => Math.fround((v + table[i]!) / 2))
    const beside = [...table, ...middles].flatMap(v => [v, Math.fround(v * (1 + 2 ** -22)), Math.fround(v * (1 - 2 ** -22))])
    const values = Float32Array.from([...beside, 0, -0, NaN, Infinity, -Infinity, 3e38, -3e38, 1e-30, -1e-30, 2 ** -126].filter(v => v === 0 || !(Math.abs(v) < 2 ** -126)))
    const x = input([values.length], 'float32')
    const y = stage([values.length], dtype, i => read(x, [i!]))
    expect(await runStages([x], [y], [values])).toEqual(compileExact([x], [y])([values]))
  })
})
