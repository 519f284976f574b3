import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileClosures, compileExact } from './exact.ts'
import { interpret } from './interpret.fixture.ts'
import { choicesFrom, fits, scenario, unsigned } from './random.fixture.ts'
import { runProgram } from './wasm/harness.ts'

it('JavaScript, closures and WebAssembly compute what the definition says', () => {
  let compared = 0
  fc.assert(
    fc.property(fc.array(fc.nat(2 ** 20), { minLength: 300, maxLength: 300 }), stream => {
      const { inputs, arrays, outputs } = scenario(choicesFrom(stream))
      const defined = interpret(outputs, new Map(inputs.map((b, i) => [b, arrays[i]!])))
      if (!defined.every(fits)) return
      compared++
      expect(compileExact(inputs, outputs)(arrays).map(unsigned)).toEqual(defined.map(unsigned))
      expect(compileClosures(inputs, outputs)(arrays).map(unsigned)).toEqual(defined.map(unsigned))
      expect(runProgram(inputs, outputs, arrays).map(unsigned)).toEqual(defined.map(unsigned))
    }),
    { numRuns: +(process.env['RUNS'] ?? 300), seed: +(process.env['SEED'] ?? 7) },
  )
  expect(compared).toBeGreaterThan(200)
}, 120_000)
