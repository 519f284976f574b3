// ONNX's node tests on the GPU: how many pass, how many run wholly or partly there, and what the host does instead and why.
// VK_DRIVER_FILES chooses the driver. Several processes: a software driver keeps the code of every kernel it ever compiled.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const program = here('../.cache/webgpu-conformance.mjs')
const bundle = await rolldown({ input: here('conformance-main.ts'), platform: 'node', external: [/^onnxruntime-/, /^node:/, 'webgpu'] })
await bundle.write({ file: program, format: 'esm', codeSplitting: false })
await bundle.close()

const { tests } = JSON.parse(readFileSync(here('../../fixtures/onnx-node/index.json'), 'utf8'))
const size = 200
const outcomes = []
for (let from = 0; from < tests.length; from += size) {
  const { stdout, status, signal } = spawnSync(process.execPath, [program, from, from + size], { encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = stdout.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line))
  outcomes.push(...lines)
  const expected = Math.min(size, tests.length - from)
  if (lines.length < expected) outcomes.push({ name: tests[from + lines.length].name, failure: `the process ended (${signal ?? status})`, where: 'host', onHost: [] })
}
const count = where => outcomes.filter(o => o.where === where).length
const failed = outcomes.filter(o => o.failure)
for (const o of failed) console.log(`${o.name}: ${o.failure.split('\n')[0]}`)
const reasons = new Map()
for (const o of outcomes) for (const h of o.onHost) reasons.set(h, (reasons.get(h) ?? 0) + 1)
for (const [reason, n] of [...reasons].sort()) console.log(`${String(n).padStart(4)} ${reason}`)
console.log(`${outcomes.length - failed.length} of ${tests.length} pass; wholly on the GPU ${count('gpu')}, partly ${count('partly')}, on the host ${count('host')}`)
if (process.env.OUTCOMES) writeFileSync(process.env.OUTCOMES, JSON.stringify(outcomes))
process.exitCode = failed.length > 0 || outcomes.length !== tests.length ? 1 : 0
