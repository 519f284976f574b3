import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runNodeTest } from './run.ts'
import type { Outcome, Precision } from './run.ts'
import { loadNodeTests } from './vectors.ts'

// ONNX's own node tests (fixtures/onnx-node): every one passes. FILTER='^test_conv' runs some, PRECISION=exact in one way; TABLE=1 counts
// by operator, WHY=file writes down why tests fail, STACK=1 with stacks.
const precisions: readonly Precision[] = process.env['PRECISION'] ? [process.env['PRECISION'] as Precision] : ['exact', 'fast']
const filter = process.env['FILTER']

const passes = (o: Outcome, p: Precision): boolean => o.failures[p] === undefined

function table(outcomes: readonly Outcome[]): string {
  const rows = new Map<string, number[]>()
  for (const o of outcomes)
    for (const op of o.operators.length ? o.operators : ['(not read)']) {
      const row = rows.get(op) ?? [0, ...precisions.map(() => 0)]
      rows.set(op, row)
      row[0]!++
      precisions.forEach((p, i) => (row[i + 1]! += Number(passes(o, p))))
    }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([op, [total, ...passed]]) => `${op}: ${passed.map((n, i) => `${precisions[i]} ${n}`).join(', ')} of ${total}`).join('\n')
}

describe('node tests', () => {
  it(filter ?? 'all', { timeout: 600_000 }, async () => {
    const outcomes: Outcome[] = []
    for (const test of loadNodeTests(filter === undefined ? undefined : new RegExp(filter))) outcomes.push(await runNodeTest(test, precisions))
    const failed = outcomes.flatMap(o => Object.entries(o.failures).map(([p, why]) => `${o.name} (${p}): ${why}`))
    if (process.env['TABLE']) console.log(table(outcomes))
    if (process.env['WHY']) writeFileSync(process.env['WHY'], failed.map(line => `${line}\n`).join(''))
    console.log(precisions.map(p => `${p}: ${outcomes.filter(o => passes(o, p)).length} of ${outcomes.length} node tests pass`).join('\n'))
    expect(failed).toEqual([])
    expect(outcomes.length).toBeGreaterThanOrEqual(filter === undefined ? 1884 : 1)
  })
})
