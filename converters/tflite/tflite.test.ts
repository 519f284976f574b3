import { describe, expect, it } from 'vitest'
import type { Sink } from '../../src/bytes/bytes.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import { graphAttribute } from '../../src/ir/attribute.ts'
import { sym } from '../../src/ir/dim.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, stringTensor } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { tfliteSchema } from '../../proto/tflite.gen.ts'
import { planFlatbuffer, writeFlatbuffer } from '../../src/wire/flatbuffer-write.ts'
import { tflite } from './index.ts'
import { fileOf } from '../../tests/litert/files.ts'

const log = new Log()
const context = { log }

function modelOf(build: (b: Builder, model: Model) => void): Model {
  const model = new Model('net')
  build(new Builder(model.graph), model)
  return model
}

const read = async (bytes: Uint8Array) => tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), context)

/** Convolution with weights too large to be kept in memory, then a branch on a flag that uses it. */
const branching = () => modelOf((b, model) => {
  const { graph } = model
  const x = graph.value('x', tensorType('float32', [sym('batch'), 8, 8, 4]))
  const flag = graph.value('flag', tensorType('bool', []))
  graph.addInput(x)
  graph.addInput(flag)
  const weights = b.constant(float32Tensor(Float32Array.from({ length: 32 * 9 * 4 }, (_, i) => i), [32, 3, 3, 4]), 'weights')
  const y = b.op('tflite::CONV_2D', [x, weights, b.constant(float32Tensor(Array.from({ length: 32 }, () => 0)), 'bias')], { stride_w: 1, stride_h: 1, fused_activation_function: 'RELU6' })
  const branch = (op: string): Graph => {
    const inner = new Graph(graph.names, op)
    const value = inner.value('inner', y.type)
    inner.addInput(value)
    inner.addOutput(new Builder(inner).op(op, [value]))
    return inner
  }
  const z = b.op('tflite::IF', [flag, y], { then_subgraph: graphAttribute(branch('tflite::ABS')), else_subgraph: graphAttribute(branch('tflite::NEG')) })
  z.rename('z')
  graph.addOutput(z)
  model.metadata.set('author', 'someone')
})

describe('tflite files', () => {
  it('say what the model says, subgraphs, open sizes, names and metadata', async () => {
    const { root } = await read(await fileOf(branching(), log))
    expect(root.subgraphs!.map(g => g.operators!.length)).toEqual([2, 1, 1])
    const [main] = root.subgraphs!
    expect(main!.tensors!.map(t => t.name)).toEqual(['x', 'flag', 'weights', 'bias', 'CONV_2D', 'z'])
    expect(main!.tensors![0]).toMatchObject({ shape: [1, 8, 8, 4], shape_signature: [-1, 8, 8, 4] })
    expect(main!.operators![1]!.builtin_options).toEqual({ type: 'IfOptions', value: { then_subgraph_index: 1, else_subgraph_index: 2 } })
    expect(root.signature_defs).toEqual([{ inputs: [{ name: 'x' }, { name: 'flag', tensor_index: 1 }], outputs: [{ name: 'z', tensor_index: 5 }], signature_key: 'serving_default' }])
    expect(root.metadata!.map(m => m.name)).toEqual(['min_runtime_version', 'author'])
  })

  it('come back as the same model and are written again as the same bytes', async () => {
    const bytes = await fileOf(branching(), log)
    const model = tflite.import!(await read(bytes), context)
    expect(model.metadata.get('author')).toBe('someone')
    expect([...model.allNodes()].map(n => n.qualified)).toEqual(['tflite::CONV_2D', 'tflite::IF', 'tflite::ABS', 'tflite::NEG'])
    expect(model.graph.first!.inputs[1]!.constant!.peek()).toBeUndefined()
    expect(Buffer.compare(await fileOf(tflite.import!(await read(await fileOf(model, log)), context), log), await fileOf(model, log))).toBe(0)
  })

  it('store equal weights once, and each once only', async () => {
    const model = modelOf((b, { graph }) => {
      const x = graph.value('x', tensorType('float32', [4]))
      graph.addInput(x)
      const tensor = float32Tensor([1, 2, 3, 4])
      graph.addOutput(b.op('tflite::ADD', [b.op('tflite::MUL', [x, b.constant(tensor)]), b.constant(tensor)]))
    })
    const { root } = await read(await fileOf(model, log))
    expect(root.buffers!.filter(buffer => buffer.data?.byteLength === 16)).toHaveLength(2)
    expect(new Set(root.subgraphs![0]!.tensors!.map(t => t.buffer ?? 0)).size).toBe(2)
  })

  it('hold strings', async () => {
    const model = modelOf((b, { graph }) => {
      const x = graph.value('x', tensorType('string', [2]))
      graph.addInput(x)
      graph.addOutput(b.op('tflite::EQUAL', [x, b.constant(stringTensor([2], ['naïve', '']))]))
    })
    expect(tflite.import!(await read(await fileOf(model, log)), context).graph.first!.inputs[1]!.constant!.strings).toEqual(['naïve', ''])
  })

  it('are refused beyond 2 GB before a weight is loaded or a file begun', async () => {
    const huge: Tensor = { dtype: 'float32', shape: [2 ** 28, 3], byteLength: 3 * 2 ** 30, key: 'huge', peek: () => undefined, load: () => Promise.reject(new Error('loaded')) }
    const model = modelOf((b, { graph }) => {
      const x = graph.value('x', tensorType('float32', [2 ** 28, 3]))
      graph.addInput(x)
      graph.addOutput(b.op('tflite::ADD', [x, b.constant(huge)]))
    })
    const sink = memorySink()
    await expect(tflite.write!(tflite.export!(model, context), sink, { log, name: 'm' })).rejects.toMatchObject({ code: 'tflite.write.size' })
    await sink.commit()
    expect(sink.files.size).toBe(0)
  })

  it('load one weight at a time', async () => {
    let held = 0
    let most = 0
    const model = modelOf((b, { graph }) => {
      let x = graph.value('x', tensorType('float32', [4096]))
      graph.addInput(x)
      for (let i = 0; i < 4; i++) {
        const load = async () => {
          most = Math.max(most, ++held)
          return bytesOf(new Float32Array(4096).fill(i))
        }
        x = b.op('tflite::ADD', [x, b.constant({ dtype: 'float32', shape: [4096], byteLength: 16384, key: `w${i}`, peek: () => undefined, load })])
      }
      graph.addOutput(x)
    })
    const target = tflite.export!(model, context)
    await tflite.write!(target, { create: async () => ({ position: 0, close: async () => {}, write: async (chunk: Uint8Array) => void (held -= chunk.byteLength === 16384 ? 1 : 0) }), commit: async () => {}, abort: async () => {}, written: () => [] } as unknown as Sink, { log, name: 'm' })
    expect(most).toBe(1)
  })

  it('that were cut off or changed give coded errors only', async () => {
    const bytes = await fileOf(branching(), log)
    let seed = 1
    const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n
    const codes = new Set<string>()
    for (let i = 0; i < 3000; i++) {
      // the tables stand first; a change among weights changes nothing
      const changed = bytes.slice(0, random(5) === 0 ? random(bytes.length) : bytes.length)
      for (let k = random(4); k >= 0 && changed.length > 0; k--) changed[random(Math.min(changed.length, 3000))] = random(256)
      try {
        const model = tflite.import!(await read(changed), { log: new Log() })
        await fileOf(model, log)
      } catch (error) {
        if (!(error instanceof LapidaryError)) throw error
        codes.add(error.code)
      }
    }
    expect([...codes].filter(code => !/^(tflite|ir|bytes)\./.test(code))).toEqual([])
    expect(codes).toContain('tflite.read.truncated')
    expect(codes).toContain('tflite.import.index')
  })

  it('keep scales and zero points, and quantized operators are taken apart through real numbers only', async () => {
    const model = modelOf((b, { graph }) => {
      const x = graph.value('x', tensorType('int8', [4]))
      x.extra = { tflite: { quantization: { scale: [0.5], zero_point: [-3] } } }
      graph.addInput(x)
      const y = b.op('tflite::RELU', [x])
      y.extra = x.extra
      graph.addOutput(y)
    })
    const back = tflite.import!(await read(await fileOf(model, log)), context)
    expect(back.graph.inputs[0]!.extra['tflite']).toEqual({ quantization: { scale: [0.5], zero_point: [-3] } })
    const report = legalize(back, { name: 'plain', ops: { Relu: true, QuantizeLinear: true, DequantizeLinear: true }, dtypes: new Set(['int8', 'float32']), rules: [] }, { mode: 'report' })
    expect([...back.graph.nodes()].map(n => n.op)).toEqual(['DequantizeLinear', 'Relu', 'QuantizeLinear'])
    expect(report.unsupported).toHaveLength(0)
  })

  it('read files whose buffers stand after the tables', async () => {
    const bytes = await fileOf(branching(), log)
    const { root } = await read(bytes)
    const weights = await root.buffers!.find(b => b.data?.byteLength === 4608)!.data!.load()
    const place = 4096
    const plan = planFlatbuffer({ ...root, buffers: root.buffers!.map(b => (b.data?.byteLength === 4608 ? { offset: place, size: 4608 } : b)) }, tfliteSchema)
    const file = new Uint8Array(place + weights.byteLength)
    let at = 0
    await writeFlatbuffer(plan, async chunk => {
      file.set(chunk, at)
      at += chunk.byteLength
    })
    file.set(weights, place)
    const again = tflite.import!(await read(file), context)
    expect(await again.graph.first!.inputs[1]!.constant!.load()).toEqual(weights)
    await expect(read(file.subarray(0, file.length - 1))).rejects.toMatchObject({ code: 'tflite.read.truncated' })
  })
})
