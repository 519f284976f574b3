// Mutated ONNX and TFLite files: each must be read, written and checked, or end in a coded error, within 2 seconds and 512 MB.
// Then random graphs against onnxruntime (graphs/run.mjs): `-- --graphs 10000`.
// `-- --tflite 10000` instead: random graphs converted to TFLite and run there (tflite/run.mjs).
// `npm run fuzz -- --count 20000`; one of them again, with its trace: `npm run fuzz -- --only 1234`, which also writes it to .cache/fuzz.
import { fork } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { LapidaryError, convert, formats, memorySink } from '../../dist/src/app/api.js'
import { seedFiles } from './seeds.mjs'
import { caseOf, take } from './worker.mjs'

const flag = (name, otherwise) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : otherwise)
const count = flag('--count', 20000)
const only = flag('--only', -1)
const most = { ms: 2000, mb: 512 }
const folder = new URL('../../.cache/fuzz/', import.meta.url)

/** TFLite files to start from: every small model that converts. */
async function makeTflite() {
  mkdirSync(folder, { recursive: true })
  const fixture = new URL('../../fixtures/onnx-node/', import.meta.url)
  const index = JSON.parse(readFileSync(new URL('index.json', fixture), 'utf8'))
  const blob = brotliDecompressSync(readFileSync(new URL('vectors.br', fixture)))
  const names = []
  for (const test of index.tests.filter(t => /^test_(basic_conv|averagepool_2d_default|softmax_axis_1|resize_upsample_scales_nearest$|concat_2d_axis_1|convtranspose$|add$|if$|gather_0|reduce_mean_keepdims_random)/.test(t.name))) {
    const sink = memorySink()
    try {
      await convert(new Uint8Array(blob.subarray(test.model[0], test.model[0] + test.model[1])), { sink, name: 'm.tflite' })
    } catch (error) {
      if (error instanceof LapidaryError) continue
      throw error
    }
    writeFileSync(new URL(`${test.name}.tflite`, folder), sink.files.get('m.tflite'))
    names.push(`${test.name}.tflite`)
  }
  writeFileSync(new URL('tflite.json', folder), JSON.stringify(names))
  if (names.length < 5) throw new Error(`only ${names.length} TFLite seeds could be made`)
}

const results = new Map()
const failures = []
const finished = new Set()
let slowest = 0
let heaviest = 0

function note(m) {
  finished.add(m.done)
  const fail = what => failures.push({ i: m.done, what: `${m.name}: ${what}` })
  for (const { name, code, trace } of m.outcomes) {
    const key = `${name.padEnd(12)} ${code}`
    results.set(key, (results.get(key) ?? 0) + 1)
    if (trace) fail(`${name}: ${trace.split('\n').slice(0, 4).map(line => line.trim()).join(' | ')}`)
  }
  slowest = Math.max(slowest, m.ms)
  heaviest = Math.max(heaviest, m.mb)
  if (m.ms > most.ms) fail(`took ${Math.round(m.ms)} ms`)
  if (m.mb > most.mb && m.grew) fail(`the process took ${Math.round(m.mb)} MB`)
}

/** Goes through every `step`th file from `first` on, in as many processes one after the other as that takes. */
function lane(first, step) {
  return new Promise(resolve => {
    let lost
    const launch = from => {
      const child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), [from, step, count].map(String), { execArgv: ['--max-old-space-size=512'] })
      let current
      let stopped = false
      let last = from - step
      let timer
      child.on('message', m => {
        clearTimeout(timer)
        if (m.start !== undefined) {
          current = m
          timer = setTimeout(() => {
            failures.push({ i: m.start, what: `${m.name}: no end after 10 s` })
            stopped = true
            child.kill('SIGKILL')
          }, 10000)
          return
        }
        current = undefined
        last = m.done
        note(m)
      })
      child.on('exit', (code, signal) => {
        clearTimeout(timer)
        if (current !== undefined) {
          if (!stopped) failures.push({ i: current.start, what: `${current.name}: the process ended with ${code ?? signal}` })
          last = current.start
        }
        if (current === undefined && code !== 3 && last + step < count) {
          // taken away by the system, or the next file can't be made
          console.error(`a worker ended with ${code ?? signal} after file ${last}`)
          if (from === last + step && from === lost) {
            failures.push({ i: from, what: 'could not be made' })
            last = from
          }
          lost = last + step
        }
        if (last + step >= count) return resolve()
        launch(last + step)
      })
    }
    if (first < count) launch(first)
    else resolve()
  })
}

const tflite = process.argv.includes('--tflite')
if (!tflite && formats.some(f => f.name === 'tflite' && f.write)) await makeTflite()
if (tflite) await import('./tflite/run.mjs')
else if (only >= 0) {
  const made = caseOf(await seedFiles(), only)
  const file = new URL(`${only}.${made.format}`, folder)
  writeFileSync(file, made.bytes)
  console.log(`${made.name} -> ${fileURLToPath(file)}`)
  const began = performance.now()
  for (const { name, code, trace } of await take(made)) console.log(`${name}: ${trace ?? code}`)
  console.log(`${Math.round(performance.now() - began)} ms, ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
} else {
  const lanes = Math.max(1, Math.min(4, cpus().length))
  await Promise.all(Array.from({ length: lanes }, (_, i) => lane(i, lanes)))
  for (const [code, n] of [...results].sort(([a], [b]) => (a < b ? -1 : 1))) console.log(String(n).padStart(7), code)
  console.log(`${finished.size} files, slowest ${Math.round(slowest)} ms, heaviest process ${Math.round(heaviest)} MB`)
  failures.sort((a, b) => a.i - b.i)
  for (const { i, what } of failures.slice(0, 40)) console.error(`FAILED --only ${i}  ${what}`)
  if (failures.length > 0 || finished.size < count) {
    console.error(`${failures.length} failures, ${count - finished.size} files without an end`)
    process.exitCode = 1
  }
  await import('./graphs/run.mjs')
}
