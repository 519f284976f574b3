// ONNX's data sets on the CPU executor, next to onnxruntime and the reference evaluator: how many tests pass, how long a whole set takes.
// `npm run conformance` prints the others' figures as peers.json has them; `npm run conformance -- --peers` measures them in the same
// run and writes that file (tests/peers/setup.sh first). One process a set and column: start, reading, preparing and running included.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const program = here('../.cache/conformance.mjs')
const bundle = await rolldown({ input: here('main.ts'), platform: 'node', external: [/^onnxruntime-/, /^node:/] })
await bundle.write({ file: program, format: 'esm', codeSplitting: false })
await bundle.close()

if (process.argv.includes('--peers')) {
  execFileSync(here('../peers/.venv/bin/python'), [here('../peers/run_conformance.py'), '--all', here('peers.json')], { stdio: ['ignore', 'inherit', 'ignore'] })
}
const peers = JSON.parse(readFileSync(here('peers.json'), 'utf8'))
const rows = [['data set', 'tests', 'exact', 's', 'fast', 's', `onnxruntime ${peers.onnxruntime}`, 's', `reference ${peers.onnx}`, 's']]
const failures = []
for (const [set, theirs] of Object.entries(peers.sets)) {
  const row = [set, String(theirs.total)]
  for (const precision of ['exact', 'fast']) {
    const start = performance.now()
    const result = JSON.parse(execFileSync(process.execPath, [program, set, precision], { encoding: 'utf8', maxBuffer: 2 ** 28 }))
    row.push(String(result.passed), ((performance.now() - start) / 1000).toFixed(1))
    for (const [name, why] of Object.entries(result.failures)) failures.push(`${set} ${name} (${precision}): ${why.slice(0, 200)}`)
    if (result.total !== theirs.total) failures.push(`${set}: ${result.total} tests, not ${theirs.total}`)
  }
  for (const peer of ['onnxruntime', 'reference']) row.push(String(theirs[peer].passed), theirs[peer].seconds.toFixed(1))
  rows.push(row)
}
for (const line of failures) console.log(line)
const widths = rows[0].map((_, c) => Math.max(...rows.map(r => r[c].length)))
for (const row of rows) console.log(row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  '))
process.exitCode = failures.length > 0 ? 1 : 0
