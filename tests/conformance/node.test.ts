import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runNodeTest } from './run.ts'
import type { Outcome, Precision } from './run.ts'
import { loadNodeTests } from './vectors.ts'

// ONNX's own node tests (fixtures/onnx-node). FILTER='^test_conv' runs some and shows why they fail; UPDATE=1 rewrites the list of what passes.
const precisions: readonly Precision[] = process.env['PRECISION'] ? [process.env['PRECISION'] as Precision] : ['exact', 'fast']
const filter = process.env['FILTER']
const list = new URL('expected.json', import.meta.url)

interface Passing {
  readonly total: number
  readonly both: readonly string[]
  readonly exactOnly: readonly string[]
  readonly fastOnly: readonly string[]
}

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

const summary = (outcomes: readonly Outcome[]): string => precisions.map(p => `${p}: ${outcomes.filter(o => passes(o, p)).length} of ${outcomes.length} node tests pass`).join('\n')

describe('node tests', () => {
  it(filter ?? 'all', { timeout: 600_000 }, async () => {
    const outcomes: Outcome[] = []
    for (const test of loadNodeTests(filter === undefined ? undefined : new RegExp(filter))) outcomes.push(await runNodeTest(test, precisions))
    if (filter !== undefined) {
      const failed = outcomes.flatMap(o => Object.entries(o.failures).map(([p, why]) => `${o.name} (${p}): ${why}`))
      console.log([...failed, summary(outcomes)].join('\n'))
      expect(outcomes.length).toBeGreaterThan(0)
      expect(failed.length).toBe(0)
      return
    }
    const now: Passing = {
      total: outcomes.length,
      both: outcomes.filter(o => passes(o, 'exact') && passes(o, 'fast')).map(o => o.name),
      exactOnly: outcomes.filter(o => passes(o, 'exact') && !passes(o, 'fast')).map(o => o.name),
      fastOnly: outcomes.filter(o => !passes(o, 'exact') && passes(o, 'fast')).map(o => o.name),
    }
    console.log(process.env['TABLE'] ? `${table(outcomes)}\n${summary(outcomes)}` : summary(outcomes))
    if (process.env['WHY']) writeFileSync(process.env['WHY'], outcomes.flatMap(o => Object.entries(o.failures).map(([p, why]) => `${o.name} (${p}): ${why}\n`)).join(''))
    if (process.env['UPDATE']) writeFileSync(list, `${JSON.stringify(now, null, 0).replaceAll('","', '",\n"')}\n`)
    const before: Passing = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Passing) : { total: 0, both: [], exactOnly: [], fastOnly: [] }
    expect(now).toEqual(before)
  })
})
