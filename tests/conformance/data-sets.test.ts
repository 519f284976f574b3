import { describe, expect, it } from 'vitest'
import { runNodeTest } from './run.ts'
import type { Precision } from './run.ts'
import { dataSets, loadTests } from './vectors.ts'

// ONNX's data sets beside its node tests (node.test.ts): every one passes. FILTER='^test_x' runs some.
// The larger light models run in doubles for minutes: `npm run conformance` does that.
const filter = process.env['FILTER']
const precisions: readonly Precision[] = process.env['PRECISION'] ? [process.env['PRECISION'] as Precision] : ['exact', 'fast']
const quickly = /squeezenet|shufflenet|alexnet/
const totals = { 'node': 1884, 'node-1.12': 932, 'simple': 23, 'pytorch-converted': 82, 'pytorch-operator': 35, 'light': 9 }

describe.each(dataSets.filter(set => set !== 'node'))('%s', set => {
  it.each(precisions)('passes, %s', { timeout: 300_000 }, async precision => {
    const tests = loadTests(set, filter === undefined ? undefined : new RegExp(filter))
    const failures: string[] = []
    for (const test of tests) {
      if (filter === undefined && set === 'light' && precision === 'exact' && !quickly.test(test.name)) continue
      const why = (await runNodeTest(test, [precision])).failures[precision]
      if (why !== undefined) failures.push(`${test.name}: ${why}`)
    }
    expect(failures).toEqual([])
    if (filter === undefined) expect(tests.length).toBe(totals[set])
  })
})
