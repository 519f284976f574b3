// Random graphs over all operators: lapidary's CPU executor, exact and fast, before and after the optimizer, against onnxruntime.
// `COUNT=10000 SEED=1 node tests/fuzz/graphs/run.mjs` judges seeds 1 to 10000; `ONLY=123` shows one of them, made as small as it goes.
import { runLanes } from '../lanes.mjs'
import { report } from './report.mjs'
import { take } from './worker.mjs'

const flag = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise)
const number = (name, flagged, otherwise) => Number(process.env[name] ?? flag(flagged, otherwise))
const count = number('COUNT', '--graphs', 1500)
const first = number('SEED', '--seed', 1)
const only = process.env['ONLY']

if (only !== undefined) {
  const result = await take(Number(only), { shrinks: true, ...(process.env['RUNTIME'] && { runtime: process.env['RUNTIME'] }) })
  console.log(JSON.stringify({ ...result, findings: undefined }))
  for (const f of result.findings) console.log([`${f.kind} ${f.op}: ${f.text}${f.known ? ` (${f.known})` : ''}`, ...(f.details ?? [])].join('\n    '))
} else {
  const began = performance.now()
  // after a run at which the process ended: node by node, then without onnxruntime
  const next = { whole: 'alone', alone: 'none' }
  const { results, ended } = await runLanes({ worker: new URL('worker.mjs', import.meta.url), first, count, longest: 20000, next, silent: /\[W:|ORT 1\.13|will be different/ })
  if (!report({ results, ended, first, count, seconds: (performance.now() - began) / 1000 })) process.exitCode = 1
}
