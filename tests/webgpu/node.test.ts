import { appendFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadNodeTests } from '../conformance/vectors.ts'
import { runOnGpu } from './nodes.ts'
import type { GpuOutcome } from './nodes.ts'
import { printShaders } from './shaders.ts'

// Some of ONNX's own node tests on the GPU: FILTER='^test_conv' chooses others (all of them, in several processes: conformance.mjs).
// WHY=file writes down why tests fail, HOST=file what the host runs, TIMES=file how long each took; DUMP=1 prints the shaders.
const filter = process.env['FILTER'] ?? '^test_(add|softmax|matmul|conv|resize_linear|loop)'
if (process.env['DUMP']) await printShaders()

describe('node tests', () => {
  it(filter, { timeout: 3_600_000 }, async () => {
    const outcomes: GpuOutcome[] = []
    for (const test of loadNodeTests(new RegExp(filter))) {
      const outcome = await runOnGpu(test)
      if (process.env['TIMES']) appendFileSync(process.env['TIMES'], `${test.name} ${outcome.milliseconds.toFixed(0)} ms\n`)
      outcomes.push(outcome)
    }
    const failed = outcomes.flatMap(o => (o.failure ? [`${o.name}: ${o.failure}`] : []))
    if (process.env['WHY']) writeFileSync(process.env['WHY'], failed.map(line => `${line}\n`).join(''))
    if (process.env['HOST']) writeFileSync(process.env['HOST'], outcomes.flatMap(o => o.onHost.map(h => `${h} (${o.name})\n`)).sort().join(''))
    const count = (where: string): number => outcomes.filter(o => o.where === where).length
    console.log(`${outcomes.length - failed.length} of ${outcomes.length} pass; wholly on the GPU ${count('gpu')}, partly ${count('partly')}, on the host ${count('host')}`)
    expect(failed).toEqual([])
    expect(outcomes.length).toBeGreaterThan(0)
  })
})
