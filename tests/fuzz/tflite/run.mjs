// Random graphs of operators that have a way into TFLite: each is converted, run in LiteRT and held against onnxruntime, or is refused.
// `COUNT=10000 SEED=1 node tests/fuzz/tflite/run.mjs` judges seeds 1 to 10000; `ONLY=123` shows one of them, made as small as it goes.
// Where tests/peers/.venv is set up, LiteRT's and TensorFlow's interpreters run the files too (not with `RUNTIME=litert-js`).
import { runLanes } from '../lanes.mjs'
import { hasInterpreter } from './interpreter.mjs'
import { report } from './report.mjs'
import { take } from './worker.mjs'

const number = (name, flag, otherwise) => Number(process.env[name] ?? (process.argv.includes(flag) ? process.argv[process.argv.indexOf(flag) + 1] : otherwise))
const count = number('COUNT', '--tflite', 300)
const first = number('SEED', '--seed', 1)

if (process.env['ONLY'] !== undefined) {
  const result = await take(Number(process.env['ONLY']), { shrinks: true })
  console.log(JSON.stringify({ ...result, findings: undefined }))
  for (const f of result.findings) console.log([`${f.kind}: ${f.text}${f.known ? ` (${f.known})` : ''}`, ...(f.details ?? [])].join('\n    '))
  process.exit()
} else {
  const began = performance.now()
  const { results, ended } = await runLanes({ worker: new URL('worker.mjs', import.meta.url), first, count, longest: 90000 })
  if (!report({ results, ended, first, count, seconds: (performance.now() - began) / 1000, python: hasInterpreter })) process.exitCode = 1
}
