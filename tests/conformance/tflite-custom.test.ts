import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { inspectModel, load } from '../../src/app/api.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { Builder } from '../../src/ops/builder.ts'
import { fileOf } from '../litert/files.ts'

interface Data {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}
interface Vector {
  readonly name: string
  readonly version: number
  readonly options?: string
  readonly inputs: readonly Data[]
  readonly weights: readonly Data[]
  readonly outputs: readonly Data[]
}

// outputs of MediaPipe's own runtime (tests/mediapipe/make_vectors.mjs)
const vectors = JSON.parse(readFileSync(new URL('../../fixtures/mediapipe/custom.json', import.meta.url), 'utf8')) as Vector[]
const log = new Log()
const tensor = ({ shape, values }: Data): Tensor => float32Tensor(Float32Array.from(values), shape)

function modelOf({ name, version, options, inputs, weights, outputs }: Vector): Model {
  const model = new Model('net')
  const b = new Builder(model.graph)
  const fed = inputs.map(({ shape }, i) => model.graph.addInput(model.graph.value(`x${i}`, tensorType('float32', shape))))
  const bytes = options === undefined ? undefined : Uint8Array.from(Buffer.from(options, 'hex'))
  const made = b.ops(`tflite.custom::${name}`, [...fed, ...weights.map(w => b.constant(tensor(w)))], outputs.length, {
    ...(bytes && { custom_options: { type: 'tensor', value: inlineTensor('uint8', [bytes.length], bytes) } }),
    ...(version !== 1 && { version }),
  })
  // what nothing is known of has its type from the file
  made.forEach((v, i) => (v.type ??= tensorType('float32', outputs[i]!.shape)))
  for (const v of made) model.graph.addOutput(v)
  return model
}

describe("MediaPipe's custom operators", () => {
  it.each(vectors.map((v, i) => [`${i} ${v.name}`, v] as const))('%s is run as there', async (_, vector) => {
    const { model } = await load(await fileOf(modelOf(vector)), { from: 'tflite' })
    expect(model.graph.outputs.map(v => (v.type?.kind === 'tensor' ? v.type.shape : undefined))).toEqual(vector.outputs.map(o => o.shape))
    const session = await cpuExecutor.prepare(model)
    const results = await session.run(new Map(vector.inputs.map((x, i) => [`x${i}`, tensor(x)])))
    model.graph.outputs.forEach((v, i) => {
      const found = viewOf('float32', (results.get(v.name) as Tensor).peek()!) as Float32Array
      expect(found.length).toBe(vector.outputs[i]!.values.length)
      vector.outputs[i]!.values.forEach((x, k) => expect(Math.abs(found[k]! - x), `element ${k}: ${found[k]} for ${x}`).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(x))))
    })
    session.dispose()
  })

  it.each([['Landmarks2TransformMatrix', '0102'], ['TransformTensorBilinear', ''], ['Convolution2DTransposeBias', '01000000'], ['MaxPoolingWithArgmax2D', '00'.repeat(24)]])('%s without its options is refused', async (name, options) => {
    const vector = { ...vectors.find(v => v.name === name)!, options }
    await expect((async () => cpuExecutor.prepare((await load(await fileOf(modelOf(vector)), { from: 'tflite' })).model))()).rejects.toMatchObject({ code: 'ir.infer.invalid' })
  })
})

describe('custom operators that are not known here', () => {
  const unknown: readonly Vector[] = [
    { name: 'Somebodys', version: 3, options: '00ff10', inputs: [{ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] }], weights: [], outputs: [{ shape: [5], values: [] }] },
    { ...vectors.find(v => v.name === 'TransformTensorBilinear')!, version: 1 },
  ]

  it.each(unknown.map(v => [`${v.name} ${v.version}`, v] as const))('%s is carried byte for byte, shown, and not run', async (_, vector) => {
    const bytes = await fileOf(modelOf(vector))
    const loaded = await load(bytes, { from: 'tflite' })
    expect(inspectModel(loaded).operators).toEqual({ [`tflite.custom::${vector.name}`]: 1 })
    expect(legalize(loaded.model, tflite.target!, { log }).legal).toBe(true)
    expect(Buffer.compare(await fileOf(loaded.model), bytes)).toBe(0)
    const [operator] = tflite.export!(loaded.model, { log }).root.subgraphs![0]!.operators!
    expect(Buffer.from(operator!.custom_options!).toString('hex')).toBe(vector.options)
    await expect((async () => (await cpuExecutor.prepare(loaded.model)).run(new Map(vector.inputs.map((x, i) => [`x${i}`, tensor(x)]))))()).rejects.toMatchObject({ code: expect.stringMatching(/^ops\./) })
  })
})
