// Mutated ONNX and TFLite files: each must be read, or end in a coded error, within 2 seconds and 512 MB.
// `npm run fuzz -- --count 20000`
import { fork } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { brotliDecompressSync } from 'node:zlib'
import { LapidaryError, convert, memorySink } from '../../dist/src/app/api.js'

const flag = (name, otherwise) => (process.argv.includes(name) ? Number(process.argv[process.argv.indexOf(name) + 1]) : otherwise)
const count = flag('--count', 20000)
const root = new URL('../../', import.meta.url)

/** TFLite files to start from: every small model that converts. */
async function makeTflite() {
  const folder = new URL('.cache/fuzz/', root)
  mkdirSync(folder, { recursive: true })
  const fixture = new URL('fixtures/onnx-node/', root)
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
let finished = 0
let slowest = 0
let heaviest = 0

function worker(first, step) {
  return new Promise(resolve => {
    const launch = from => {
      const child = fork(new URL('worker.mjs', import.meta.url), [String(from), String(step), String(count)], { execArgv: ['--max-old-space-size=512'] })
      let current
      let timer
      child.on('message', m => {
        clearTimeout(timer)
        if (m.start !== undefined) {
          current = m
          timer = setTimeout(() => {
            failures.push(`${m.name} #${m.start}: no end after 10 s`)
            child.kill('SIGKILL')
          }, 10000)
          return
        }
        current = undefined
        finished++
        slowest = Math.max(slowest, m.ms)
        heaviest = Math.max(heaviest, m.mb)
        results.set(m.result, (results.get(m.result) ?? 0) + 1)
        if (m.result === 'CRASH') failures.push(`${m.name} #${m.done}: ${m.trace.split('\n').slice(0, 4).join(' | ')}`)
        if (m.ms > 2000) failures.push(`${m.name} #${m.done}: took ${Math.round(m.ms)} ms`)
        if (m.mb > 512) failures.push(`${m.name} #${m.done}: took ${Math.round(m.mb)} MB`)
      })
      child.on('exit', (code, signal) => {
        clearTimeout(timer)
        if (current === undefined && code === 0) return resolve()
        if (signal !== 'SIGKILL') failures.push(`${current?.name} #${current?.start}: the process ended with ${code ?? signal}`)
        if (current === undefined) return resolve()
        launch(current.start + step)
      })
    }
    launch(first)
  })
}

await makeTflite()
const workers = Math.max(1, Math.min(4, cpus().length))
await Promise.all(Array.from({ length: workers }, (_, i) => worker(i, workers)))
for (const [code, n] of [...results].sort((a, b) => b[1] - a[1])) console.log(String(n).padStart(7), code)
console.log(`${finished} files, slowest ${Math.round(slowest)} ms, heaviest ${Math.round(heaviest)} MB more`)
for (const failure of failures.slice(0, 30)) console.error(`FAILED ${failure}`)
if (failures.length > 0 || finished < count) {
  console.error(`${failures.length} failures`)
  process.exitCode = 1
}
