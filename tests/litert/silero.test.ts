import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as ort from 'onnxruntime-node'
import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { litert } from '../../converters/tflite/index.ts'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor, viewOf } from '../../src/ir/tensor.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { bindInputs } from '../../src/passes/bind-inputs.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { runLiteRt } from './run.ts'
import { fileOf } from './files.ts'

// voice activity over 20 frames with state, in the real runtime against onnxruntime-node
const folder = fileURLToPath(new URL('../../node_modules/@ricky0123/vad-web/dist/', import.meta.url))
const log = new Log()

async function load(name: string, shapes: ReadonlyMap<string, readonly number[]>): Promise<{ bytes: Uint8Array; model: Model }> {
  const bytes = readFileSync(`${folder}${name}`)
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, name)), { log }), { log })
  bindInputs(model, shapes)
  return { bytes, model }
}

async function convert(model: Model): Promise<Uint8Array> {
  optimize(model, { log })
  expect(legalize(model, litert.target!, { log }).legal).toBe(true)
  return fileOf(model)
}

/** Relative L2, of at least a hundredth: onnxruntime's own logistic is off by up to 6e-8, which is much of a probability near 0. */
const relative = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [error, size] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    error += (a[i]! - b[i]!) ** 2
    size += b[i]! ** 2
  }
  return Math.sqrt(error / Math.max(size, 1e-4))
}

/** A voice-like hum that comes and goes, and hiss as every recording has: the logarithm of an empty band would be noise of float32 alone. */
function frame(k: number): Float32Array {
  let state = 7919 * (k + 1)
  return Float32Array.from({ length: 512 }, (_, i) => {
    const t = (k * 512 + i) / 16000
    state = (state * 48271) % 2147483647
    const hum = [1, 2, 3, 4, 5].reduce((sum, h) => sum + Math.sin(2 * Math.PI * 140 * h * t + 3 * Math.sin(9 * t)) / h, 0)
    return Math.sin(5 * t) ** 2 * hum * 0.2 + 0.1 * (state / 2147483647 - 0.5)
  })
}

/** Runs both over the frames; `next` names the state each input gets from an output. Gives the greatest relative L2 error. */
async function compare(source: Uint8Array, target: Uint8Array, state: Map<string, { shape: number[]; from: string }>, rate: Tensor | undefined): Promise<number> {
  const session = await ort.InferenceSession.create(source, { logSeverityLevel: 3 })
  const held = new Map([...state].map(([name, { shape }]) => [name, new Float32Array(shape.reduce((n, d) => n * d, 1))]))
  let worst = 0
  for (let k = 0; k < 20; k++) {
    const x = frame(k)
    const feeds: Record<string, ort.Tensor> = { input: new ort.Tensor('float32', x, [1, 512]), sr: new ort.Tensor('int64', BigInt64Array.of(16000n), []) }
    for (const [name, data] of held) feeds[name] = new ort.Tensor('float32', data, state.get(name)!.shape)
    const want = await session.run(feeds)
    const given = new Map<string, Tensor>([['input', float32Tensor(x, [1, 512])], ...(rate ? [['sr', rate] as const] : [])])
    for (const [name, data] of held) given.set(name, float32Tensor(data, state.get(name)!.shape))
    const got = await runLiteRt(target, given)
    for (const [name, value] of Object.entries(want)) worst = Math.max(worst, relative(viewOf('float32', got.get(name)!.peek()!) as Float32Array, value.data as Float32Array))
    for (const [name, { from }] of state) held.set(name, Float32Array.from(want[from]!.data as Float32Array))
  }
  return worst
}

it('the legacy model, its two rates as branches of an IF', { timeout: 120_000 }, async () => {
  const state = new Map([['h', { shape: [2, 1, 64], from: 'hn' }], ['c', { shape: [2, 1, 64], from: 'cn' }]])
  const { bytes, model } = await load('silero_vad_legacy.onnx', new Map([['input', [1, 512]], ['h', [2, 1, 64]], ['c', [2, 1, 64]]]))
  const file = await convert(model)
  expect([...model.allNodes()].some(n => n.qualified === 'tflite::IF')).toBe(true)
  expect(await compare(bytes, file, state, inlineTensor('int32', [], bytesOf(Int32Array.of(16000))))).toBeLessThan(2e-5)
})

it.each(['v5', 'v6'])('%s at a fixed rate, without branches', { timeout: 120_000 }, async version => {
  const { bytes, model } = await load(`silero_vad_${version}.onnx`, new Map([['input', [1, 512]], ['state', [2, 1, 128]]]))
  const rate = model.graph.inputs.find(v => v.name === 'sr')!
  rate.replaceBy(model.graph.constant(int64Tensor([16000], [])))
  model.graph.removeInput(rate)
  const file = await convert(model)
  expect([...model.allNodes()].some(n => n.subgraphs().length > 0)).toBe(false)
  expect(await compare(bytes, file, new Map([['state', { shape: [2, 1, 128], from: 'stateN' }]]), undefined)).toBeLessThan(2e-5)
})
