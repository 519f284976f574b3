// Random graphs of operators that have a way into TFLite: each is converted, run in LiteRT and held against onnxruntime, or is refused.
// `COUNT=10000 SEED=1 node tests/fuzz/tflite/run.mjs` judges seeds 1 to 10000; `ONLY=123` shows one of them, made as small as it goes.
// Where tests/peers/.venv is set up, LiteRT's interpreter runs the files too (not with `RUNTIME=litert-js`).
import { fork } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { hasInterpreter } from './interpreter.mjs'
import { report } from './report.mjs'
import { take } from './worker.mjs'

const number = (name, flag, otherwise) => Number(process.env[name] ?? (process.argv.includes(flag) ? process.argv[process.argv.indexOf(flag) + 1] : otherwise))
const count = number('COUNT', '--tflite', 300)
const first = number('SEED', '--seed', 1)
const lanes = Number(process.env['LANES'] ?? Math.max(1, Math.min(4, cpus().length)))
const longest = 30000

const results = []
/** Seeds at which the process came to an end, at what, and how. */
const ended = []

/** Goes through every `lanes`th seed, in as many processes one after the other as that takes. */
function lane(from) {
  return new Promise(resolve => {
    const end = first + count
    const launch = seed => {
      if (seed >= end) return resolve()
      const child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [seed, lanes, end].map(String), { execArgv: ['--max-old-space-size=1024'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
      let [current, at, last, late, timer] = [undefined, '', seed - lanes, false, undefined]
      child.on('message', m => {
        if (m.at !== undefined) return void (at = m.at)
        clearTimeout(timer)
        current = m.start
        if (m.start === undefined) {
          results.push(m)
          last = m.done
        } else
          timer = setTimeout(() => {
            late = true
            child.kill('SIGKILL')
          }, longest)
      })
      child.on('exit', (code, signal) => {
        clearTimeout(timer)
        if (current === undefined) return launch(last + lanes)
        ended.push({ seed: current, at, how: late ? `no end after ${longest / 1000} s` : String(signal ?? code) })
        launch(current + lanes)
      })
    }
    launch(from)
  })
}

if (process.env['ONLY'] !== undefined) {
  const result = await take(Number(process.env['ONLY']), { shrinks: true })
  console.log(JSON.stringify({ ...result, findings: undefined }))
  for (const f of result.findings) console.log([`${f.kind}: ${f.text}${f.known ? ` (${f.known})` : ''}`, ...(f.details ?? [])].join('\n    '))
  process.exit()
} else {
  const began = performance.now()
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(first + i)))
  if (!report({ results, ended, first, count, seconds: (performance.now() - began) / 1000, python: hasInterpreter })) process.exitCode = 1
}
