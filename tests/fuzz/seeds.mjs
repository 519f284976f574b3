// The whole files that fuzzing starts from: ONNX's node tests, a small trained model, and TFLite files made from ONNX.
import { existsSync, readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'

const root = new URL('../../', import.meta.url)
const fixture = new URL('fixtures/onnx-node/', root)

export async function seedFiles() {
  const index = JSON.parse(readFileSync(new URL('index.json', fixture), 'utf8'))
  const blob = brotliDecompressSync(readFileSync(new URL('vectors.br', fixture)))
  const seeds = index.tests.filter((_, i) => i % 6 === 0).map(t => ({ name: t.name, format: 'onnx', bytes: new Uint8Array(blob.subarray(t.model[0], t.model[0] + t.model[1])) }))
  const folder = new URL('.cache/fuzz/', root)
  for (const name of existsSync(new URL('tflite.json', folder)) ? JSON.parse(readFileSync(new URL('tflite.json', folder), 'utf8')) : []) {
    // as many TFLite cases as ONNX ones
    for (let i = 0; i < 24; i++) seeds.splice((i * 9) % seeds.length, 0, { name, format: 'tflite', bytes: new Uint8Array(readFileSync(new URL(name, folder))) })
  }
  return seeds
}
