import { appendFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import { compareData } from '../conformance/compare.ts'
import { feedsOf, readModel } from '../conformance/run.ts'
import { loadNodeTests } from '../conformance/vectors.ts'

// ONNX's own node tests on the GPU. FILTER='^test_conv' runs some; WHY=file writes down why tests fail, HOST=file what the host runs.
const filter = process.env['FILTER']

describe('node tests', () => {
  it(filter ?? 'all', { timeout: 3_600_000 }, async () => {
    const failed: string[] = []
    const where = { gpu: 0, partly: 0, host: 0 }
    const reasons = new Map<string, Set<string>>()
    let count = 0
    for (const test of loadNodeTests(filter === undefined ? undefined : new RegExp(filter))) {
      count++
      const start = performance.now()
      try {
        const model = await readModel(test.model)
        const session = await webgpuExecutor.prepare(model)
        try {
          for (const { inputs, outputs } of test.sets) {
            const results = await session.run(feedsOf(model, inputs))
            for (const [i, expected] of outputs.entries()) {
              const wrong = compareData(results.get(model.graph.outputs[i]!.name), expected, test.rtol, test.atol)
              if (wrong) failed.push(`${test.name}: output ${i}: ${wrong}`)
            }
          }
          const { kernelNodes, onHost } = session.stats
          for (const { node, reason } of onHost) reasons.set(`${node}: ${reason}`, (reasons.get(`${node}: ${reason}`) ?? new Set()).add(test.name))
          where[onHost.length === 0 ? 'gpu' : kernelNodes > onHost.length ? 'partly' : 'host']++
        } finally {
          session.dispose()
        }
      } catch (e) {
        failed.push(`${test.name}: ${String((e as Error).stack ?? e).slice(0, 600)}`)
      }
      if (process.env['TIMES']) appendFileSync(process.env['TIMES'], `${test.name} ${(performance.now() - start).toFixed(0)} ms\n`)
    }
    if (process.env['WHY']) writeFileSync(process.env['WHY'], failed.map(line => `${line}\n`).join(''))
    if (process.env['HOST']) writeFileSync(process.env['HOST'], [...reasons].sort().map(([r, t]) => `${r} (${t.size})\n`).join(''))
    console.log(`${count - failed.length} of ${count} pass; wholly on the GPU ${where.gpu}, partly ${where.partly}, on the host ${where.host}`)
    expect(failed.length).toEqual(0)
  })
})
