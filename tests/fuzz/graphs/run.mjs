// Random graphs over all operators: lapidary's CPU executor, exact and fast, before and after the optimizer, against onnxruntime.
// `COUNT=10000 SEED=1 node tests/fuzz/graphs/run.mjs` judges seeds 1 to 10000; `ONLY=123` shows one of them, made as small as it goes.
import { fork } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { report } from './report.mjs'
import { take } from './worker.mjs'

const flag = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise)
const number = (name, flagged, otherwise) => Number(process.env[name] ?? flag(flagged, otherwise))
const count = number('COUNT', '--graphs', 1500)
const first = number('SEED', '--seed', 1)
const only = process.env['ONLY']
const lanes = Number(process.env['LANES'] ?? Math.max(1, Math.min(4, cpus().length)))
const longest = 20000

/** What became of every seed; `ended`: those at which the process came to an end, and with what. */
const results = []
const ended = []

/** What comes after a run at which the process ended: node by node, then without onnxruntime. */
const next = { whole: 'alone', alone: 'none' }

function lane(from) {
  return new Promise(resolve => {
    const end = first + count
    const launch = (seed, way) => {
      if (seed >= end) return resolve()
      const child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [seed, lanes, end, ...(way ? [way] : [])].map(String), { execArgv: ['--max-old-space-size=1024'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
      let current
      let at = ''
      let last = seed - lanes
      let timer
      let said = ''
      let late = false
      child.stderr.on('data', text => (said = `${said}${text}`.slice(-300)))
      child.on('message', m => {
        if (m.at !== undefined) return void (at = m.at)
        clearTimeout(timer)
        current = m.start
        at = ''
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
        const was = current === seed && way ? way : 'whole'
        ended.push({ seed: current, way: was, at, how: late ? `no end after ${longest / 1000} s` : `${signal ?? code} ${said.trim().split('\n').findLast(line => !/\[W:|ORT 1\.13|will be different/.test(line)) ?? ''}`.trim() })
        launch(next[was] ? current : current + lanes, next[was])
      })
    }
    launch(from)
  })
}

if (only !== undefined) {
  const result = await take(Number(only), { shrinks: true, ...(process.env['RUNTIME'] && { runtime: process.env['RUNTIME'] }) })
  console.log(JSON.stringify({ ...result, findings: undefined }))
  for (const f of result.findings) console.log([`${f.kind} ${f.op}: ${f.text}${f.known ? ` (${f.known})` : ''}`, ...(f.details ?? [])].join('\n    '))
} else {
  const began = performance.now()
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(first + i)))
  if (!report({ results, ended, first, count, seconds: (performance.now() - began) / 1000 })) process.exitCode = 1
}
