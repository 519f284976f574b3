// Converts .cache/node-tests (node_tests.py write) to TensorFlow Lite: FORM/NAME.tflite, and lapidary.FORM.json with what was refused, and why.
// dist/ must be built, or another build's api.js given: convert_node_tests.mjs [API.js] [REGEXP]
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'

const { LapidaryError, convert, memorySink } = await import(process.argv[2] ?? '../../dist/src/app/api.js')
const filter = new RegExp(process.argv[3] ?? '.')
const cache = new URL('.cache/node-tests/', import.meta.url)

for (const form of ['open', 'held']) {
  const result = {}
  for (const file of readdirSync(new URL(form, cache)).filter(f => f.endsWith('.onnx') && filter.test(f)).sort()) {
    const name = file.slice(0, -5)
    const target = new URL(`${form}/${name}.tflite`, cache)
    rmSync(target, { force: true })
    const sink = memorySink()
    const start = performance.now()
    try {
      await convert(new Uint8Array(readFileSync(new URL(`${form}/${file}`, cache))), { sink, name: 'm.tflite' }, { from: 'onnx', layout: 'keep' })
      writeFileSync(target, sink.files.get('m.tflite'))
      result[name] = { why: '' }
    } catch (error) {
      const fault = error instanceof LapidaryError ? '' : `fault: ${error.stack}`
      result[name] = { why: fault || error.diagnostics.map(d => [d.message, ...(d.notes ?? [])].join(' | ')).join('; ') }
    }
    result[name].seconds = Math.round(performance.now() - start) / 1000
  }
  writeFileSync(new URL(`lapidary.${form}.json`, cache), JSON.stringify(result))
  const all = Object.values(result)
  console.log(form, all.length, 'converted', all.filter(r => r.why === '').length, 'faults', all.filter(r => r.why.startsWith('fault')).length)
}
