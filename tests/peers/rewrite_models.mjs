// Reads every model of ONNX's data sets (fixtures/onnx-*) and writes it again to .cache/again/SET/NAME/: before.onnx as it came, own.onnx
// at its own operator set, optimized.onnx, and opset21.onnx (optimized too) where operator set 21 can say it. dist/ must be built.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { convert, memorySink } from '../../dist/src/app/api.js'

const fixtures = new URL('../../fixtures/', import.meta.url)
const cache = new URL('.cache/again/', import.meta.url)
const read = folder => ({ ...JSON.parse(readFileSync(new URL(`${folder}/index.json`, fixtures), 'utf8')), blob: brotliDecompressSync(readFileSync(new URL(`${folder}/vectors.br`, fixtures))) })
const ways = { own: {}, optimized: { optimize: true }, opset21: { optimize: true, opset: 21 } }

rmSync(cache, { recursive: true, force: true })
const counts = { models: 0, own: 0, optimized: 0, opset21: 0 }
const refused = new Map()
for (const [folder, set] of [['onnx-node', 'node'], ['onnx-1.12', 'node-1.12'], ['onnx-models']]) {
  const { tests, base, blob } = read(folder)
  const bytes = base ? Buffer.concat([read(base.folder).blob, blob]) : blob
  for (const test of tests) {
    const model = new Uint8Array(bytes.subarray(test.model[0], test.model[0] + test.model[1]))
    const place = new URL(`${set ?? test.set}/${test.name}/`, cache)
    mkdirSync(place, { recursive: true })
    writeFileSync(new URL('before.onnx', place), model)
    counts.models++
    for (const [name, options] of Object.entries(ways)) {
      const sink = memorySink()
      try {
        await convert(model, { sink, name: 'm.onnx' }, { from: 'onnx', ...options })
      } catch (error) {
        if (name !== 'opset21' || !/^(ops\.version\.unsayable|onnx\.export\.)/.test(error.code)) throw error
        const why = error.message.replace(/"[^"]*" /, '').slice(0, 100)
        refused.set(why, (refused.get(why) ?? 0) + 1)
        continue
      }
      writeFileSync(new URL(`${name}.onnx`, place), sink.files.get('m.onnx'))
      counts[name]++
    }
  }
}
console.log(`${counts.models} models: ${counts.own} written at their own operator set, ${counts.optimized} optimized, ${counts.opset21} at operator set 21`)
if (process.argv.includes('--refused')) for (const [why, n] of [...refused].sort((a, b) => b[1] - a[1])) console.log(`${n} ${why}`)
