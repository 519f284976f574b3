// The whole files that fuzzing starts from: ONNX's node tests, recurrent nets written as loops, and TFLite files made from ONNX.
import { existsSync, readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

const root = new URL('../../', import.meta.url)

/** The models of a pack in fixtures/. */
function packed(folder) {
  const fixture = new URL(`fixtures/${folder}/`, root)
  const index = JSON.parse(readFileSync(new URL('index.json', fixture), 'utf8'))
  const blob = brotliDecompressSync(readFileSync(new URL('vectors.br', fixture)))
  return index.tests.map(t => ({ name: t.name, format: 'onnx', bytes: new Uint8Array(blob.subarray(t.model[0], t.model[0] + t.model[1])) }))
}

export async function seedFiles() {
  const seeds = [...packed('onnx-node').filter((_, i) => i % 6 === 0), ...packed('recurrent-loops').filter(s => s.bytes.length < 20000)]
  const folder = new URL('.cache/fuzz/', root)
  for (const name of existsSync(new URL('tflite.json', folder)) ? JSON.parse(readFileSync(new URL('tflite.json', folder), 'utf8')) : []) {
    // as many TFLite cases as ONNX ones
    for (let i = 0; i < 24; i++) seeds.splice((i * 9) % seeds.length, 0, { name, format: 'tflite', bytes: new Uint8Array(readFileSync(new URL(name, folder))) })
  }
  return seeds
}
