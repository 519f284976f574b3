import { describe, expect, it } from 'vitest'
import type { TypedArray } from '../ir/tensor.ts'
import { engineCases } from './engines.fixture.ts'
import { compileClosures, compileExact } from './exact.ts'
import type { Buffer } from './expr.ts'
import { runProgram } from './wasm/harness.ts'

type Run = (inputs: readonly Buffer[], outputs: readonly Buffer[], arrays: readonly TypedArray[]) => TypedArray[]
const engines: readonly (readonly [string, Run])[] = [
  ['JavaScript', (inputs, outputs, arrays) => compileExact(inputs, outputs)(arrays)],
  ['closures', (inputs, outputs, arrays) => compileClosures(inputs, outputs)(arrays)],
  ['WebAssembly', runProgram],
]

describe.each(engines)('%s', (_, run) => {
  it.each(engineCases)('$name', ({ inputs, outputs, arrays, expected, near }) => {
    const got = run(inputs, outputs, arrays)
    if (near === undefined) return expect(got).toEqual(expected)
    expected.forEach((e, i) => e.forEach((v, k) => expect(Object.is(v, got[i]![k]) || Math.abs(Number(got[i]![k]) - Number(v)) <= near, `${Number(got[i]![k])} for ${Number(v)}`).toBe(true)))
  })
})
