import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import { decodeDatum } from './conformance/protos.ts'
import { runNodeTest } from './conformance/run.ts'
it('diff', { timeout: 600_000 }, async () => {
  const { tests } = JSON.parse(readFileSync('/tmp/diff/index.json', 'utf8'))
  const blob = new Uint8Array(readFileSync('/tmp/diff/vectors.bin'))
  const cut = (p: any) => blob.subarray(p[0], p[0] + p[1])
  let ok = 0
  const p = (process.env['PRECISION'] ?? 'exact') as any
  for (const t of tests) {
    if (process.env['ONLY'] && !t.name.startsWith(process.env['ONLY'])) continue
    const test = { ...t, model: cut(t.model), sets: t.sets.map((s: any) => ({ inputs: s.inputs.map((q: any) => decodeDatum(q[2], cut(q))), outputs: s.outputs.map((q: any) => decodeDatum(q[2], cut(q))) })) }
    const o = await runNodeTest(test, [p])
    if (o.failures[p as 'exact']) console.log(`FAIL ${t.name}: ${o.failures[p as 'exact']}`)
    else ok++
  }
  console.log(`OK ${ok} of ${tests.length}`)
})
