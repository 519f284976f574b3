import { describe, expect, it } from 'vitest'
import { convert } from '../../src/app/convert.ts'
import { memorySink } from '../../src/bytes/memory.ts'
import { verify } from '../../src/ir/verify.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { runNodeTest } from './run.ts'
import type { NodeTest } from './vectors.ts'
import { dataSets, loadTests } from './vectors.ts'

// Every model of ONNX's data sets gives the same outputs when it is optimized (those of the node tests: optimize.test.ts), and
// `lapidary optimize` writes no larger a file than `lapidary convert`.
const filter = process.env['FILTER'] === undefined ? undefined : new RegExp(process.env['FILTER'])

async function sizeOf({ model }: NodeTest, better: boolean): Promise<number> {
  const sink = memorySink()
  await convert(model, { sink, name: 'm.onnx' }, { from: 'onnx', optimize: better })
  return sink.files.get('m.onnx')!.length
}

describe.each(dataSets)('%s', set => {
  const tests = loadTests(set, filter)
  if (set !== 'node') it('optimized', { timeout: 300_000 }, async () => {
    const failures: string[] = []
    for (const test of tests) {
      const precision = set === 'light' ? 'fast' : 'exact'
      const why = (await runNodeTest({ ...test, rtol: Math.max(test.rtol, 1e-5), atol: Math.max(test.atol, 1e-6), sets: test.sets }, [precision], model => void optimize(model, { after: (_, m) => verify(m) }))).failures[precision]
      if (why !== undefined) failures.push(`${test.name}: ${why}`)
    }
    expect(failures).toEqual([])
  })

  it('is no larger', { timeout: 120_000 }, async () => {
    const larger: string[] = []
    let [before, after] = [0, 0]
    for (const test of tests) {
      const [plain, better] = [await sizeOf(test, false), await sizeOf(test, true)]
      before += plain
      after += better
      if (better > plain) larger.push(`${test.name}: ${better} bytes, not ${plain}`)
    }
    console.log(`${set}: ${tests.length} models of ${before} bytes, optimized ${after}`)
    expect(larger).toEqual([])
  })
})
