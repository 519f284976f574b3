// Reads every model of ONNX's node tests and writes it again, both to .cache/onnx-node/{before,after}/NAME.onnx. dist/ must be built.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { convert, memorySink } from '../../dist/src/app/api.js'

const fixture = new URL('../../fixtures/onnx-node/', import.meta.url)
const cache = new URL('.cache/onnx-node/', import.meta.url)
const { tests } = JSON.parse(readFileSync(new URL('index.json', fixture), 'utf8'))
const blob = brotliDecompressSync(readFileSync(new URL('vectors.br', fixture)))
for (const side of ['before', 'after']) mkdirSync(new URL(side, cache), { recursive: true })
for (const { name, model } of tests) {
  const bytes = new Uint8Array(blob.subarray(model[0], model[0] + model[1]))
  const sink = memorySink()
  await convert(bytes, { sink, name: 'm.onnx' }, { from: 'onnx' })
  writeFileSync(new URL(`before/${name}.onnx`, cache), bytes)
  writeFileSync(new URL(`after/${name}.onnx`, cache), sink.files.get('m.onnx'))
}
console.log(`${tests.length} models read and written again`)
