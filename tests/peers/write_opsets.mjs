// Writes every model of ONNX's node tests at every operator set that can say it, to .cache/onnx-opsets/NAME.OPSET.onnx, with
// the first set of inputs and outputs beside it and index.json over all. dist/ must be built.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { LapidaryError, convert, memorySink } from '../../dist/src/app/api.js'

const [oldest, newest] = [7, 28]
const fixture = new URL('../../fixtures/onnx-node/', import.meta.url)
const cache = new URL('.cache/onnx-opsets/', import.meta.url)
rmSync(cache, { recursive: true, force: true })
mkdirSync(cache, { recursive: true })
const { tests } = JSON.parse(readFileSync(new URL('index.json', fixture), 'utf8'))
const blob = brotliDecompressSync(readFileSync(new URL('vectors.br', fixture)))
const cut = ([offset, length]) => new Uint8Array(blob.subarray(offset, offset + length))
const index = []
let refused = 0
for (const { name, rtol, atol, model, sets } of tests) {
  const opsets = []
  writeFileSync(new URL(`${name}.onnx`, cache), cut(model))
  for (let opset = oldest; opset <= newest; opset++) {
    const sink = memorySink()
    try {
      await convert(cut(model), { sink, name: 'm.onnx' }, { from: 'onnx', opset })
    } catch (error) {
      if (!(error instanceof LapidaryError) || error.diagnostics.some(d => d.code !== 'ops.version.unsayable')) throw error
      refused++
      continue
    }
    writeFileSync(new URL(`${name}.${opset}.onnx`, cache), sink.files.get('m.onnx'))
    opsets.push(opset)
  }
  const inputs = sets[0].inputs.map((place, i) => {
    writeFileSync(new URL(`${name}.${i}.pb`, cache), cut(place))
    return place[2]
  })
  const outputs = sets[0].outputs.map((place, i) => {
    writeFileSync(new URL(`${name}.${i}.out.pb`, cache), cut(place))
    return place[2]
  })
  index.push({ name, rtol, atol, opsets, inputs, outputs })
}
writeFileSync(new URL('index.json', cache), JSON.stringify(index))
console.log(`${tests.length} models: ${index.reduce((n, t) => n + t.opsets.length, 0)} pairs with an operator set written, ${refused} refused`)
