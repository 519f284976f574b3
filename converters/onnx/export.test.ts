import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import type { AttributeProto, DeviceConfigurationProto, FunctionProto, GraphProto, ModelProto, NodeProto, ShardingSpecProto, TensorProto, TrainingInfoProto, ValueInfoProto } from '../../proto/onnx.gen.ts'
import { onnxSchema } from '../../proto/onnx.gen.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { addDims, sym, unknownDim } from '../../src/ir/dim.ts'
import { Graph, Model, Node } from '../../src/ir/model.ts'
import type { Value } from '../../src/ir/model.ts'
import { attributes } from '../../src/ir/attribute.ts'
import type { AttributeInit } from '../../src/ir/attribute.ts'
import { deferredTensor, float32Tensor, inlineTensor, int64Tensor } from '../../src/ir/tensor.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { registerOperators } from '../../src/ops/registry.ts'
import { encodeMessage, writeEncoded } from '../../src/wire/protobuf-encode.ts'
import { message } from './export-attributes.ts'
import { exportOnnx } from './export.ts'
import { onnx } from './index.ts'
import { sniffOnnx } from './sniff.ts'

const peer = onnxProto.onnx.ModelProto
const ctx = { log: new Log() }

async function written(model: Model, { opset, externalData = false }: { opset?: number; externalData?: boolean } = {}) {
  const sink = memorySink()
  await onnx.write!(exportOnnx(model, { ...ctx, ...(opset !== undefined && { opset }) }), sink, { ...ctx, name: 'm.onnx', externalData })
  await sink.commit()
  return { files: sink.files, proto: peer.decode(sink.files.get('m.onnx')!) }
}
const readBack = async (files: ReadonlyMap<string, Uint8Array>) =>
  onnx.import!(await onnx.read!(memoryBundle(memoryBytes(files.get('m.onnx')!, 'm.onnx'), new Map([...files].map(([k, v]) => [k, memoryBytes(v, k)]))), ctx), ctx)

function add(graph: Graph, op: string, inputs: (Value | undefined)[], output: string, init: Readonly<Record<string, AttributeInit>> = {}): Value {
  const node = graph.insert(new Node({ op, name: output, inputs, attributes: attributes(init) }))
  const value = graph.value(output, tensorType('float32', undefined))
  node.setOutput(0, value)
  return value
}
function small(): Model {
  const model = new Model('main')
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2, 3])))
  model.graph.addOutput(add(model.graph, 'Add', [x, model.graph.constant(float32Tensor([1, 2, 3]), 'w')], 'y'))
  return model
}

test('a size beyond 64 bits is left open', async () => {
  const model = small()
  model.graph.outputs[0]!.type = tensorType('float32', [1, 2 ** 65, 2 ** 62])
  const { proto } = await written(model)
  const dims = proto.graph!.output![0]!.type!.tensorType!.shape!.dim!
  expect(dims.map(d => Number(d.dimValue ?? 0))).toEqual([1, 0, 2 ** 62])
})

describe('versions', () => {
  // expected IR versions: onnx/docs/Versioning.md
  test.each([[undefined, 17, 8], [9, 9, 4], [13, 13, 7], [21, 21, 10], [24, 24, 12]])('asked for %s: opset %d, IR version %d', async (asked, opset, irVersion) => {
    const { proto } = await written(small(), asked === undefined ? {} : { opset: asked })
    expect([Number(proto.opsetImport[0]!.version), Number(proto.irVersion)]).toEqual([opset, irVersion])
  })
  test('its own, when it has one', async () => {
    const model = small()
    model.opsets.set('', 12)
    model.opsets.set('com.microsoft', 1)
    expect((await written(model)).proto.opsetImport.map(o => [o.domain, Number(o.version)])).toEqual([['', 12], ['com.microsoft', 1]])
  })
  test.each([6, 29, 17.5])('%d is refused', opset => {
    expect(() => exportOnnx(small(), { ...ctx, opset })).toThrow(expect.objectContaining({ code: 'onnx.export.opset' }))
  })
  test('the model stays as it is', async () => {
    const model = small()
    const { graph } = model
    const axes = graph.constant(int64Tensor([0]), 'axes')
    graph.addOutput(add(graph, 'Unsqueeze', [graph.outputs[0], axes], 'u'))
    const before = [...graph.nodes()]
    const { proto } = await written(model, { opset: 11 })
    expect(proto.graph!.node!.find(n => n.opType === 'Unsqueeze')).toMatchObject({ input: ['y'], output: ['u'], attribute: [{ name: 'axes' }] })
    expect([...graph.nodes()]).toEqual(before)
    expect(before[1]!.inputs).toHaveLength(2)
  })
  // expected refusals: onnx/docs/Changelog.md (bfloat16 came to Add with 13, Squeeze took its axes as an input from 13)
  test('what a version does not take is refused, node by node', () => {
    const model = small()
    const { graph } = model
    const b = graph.addInput(graph.value('b', tensorType('bfloat16', [2])))
    graph.addOutput(add(graph, 'Add', [b, b], 'bb'))
    graph.addOutput(add(graph, 'Squeeze', [graph.inputs[0], graph.addInput(graph.value('axes', tensorType('int64', [1])))], 's'))
    expect(() => exportOnnx(model, { ...ctx, opset: 12 })).toThrow(expect.objectContaining({ code: 'ops.version.unsayable' }))
    expect(() => exportOnnx(model, { ...ctx, opset: 13 })).not.toThrow()
    graph.removeOutput(2)
    graph.remove(graph.last!)
    expect(() => exportOnnx(model, { ...ctx, opset: 12 })).toThrow('input 0 may not be bfloat16 there')
    // a model that came with this operator set goes back as it came
    model.opsets.set('', 12)
    expect(() => exportOnnx(model, { ...ctx, opset: 12 })).not.toThrow()
  })
  test('element types bring their IR version', async () => {
    const model = small()
    model.graph.addInput(model.graph.value('q', tensorType('int4', [2])))
    expect(Number((await written(model)).proto.irVersion)).toBe(10)
  })
})

describe('values', () => {
  test('sizes: by name, worked out, unknown', async () => {
    const model = new Model('main')
    const n = sym('p2o.Dim.0')
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [n, addDims(n, 1), unknownDim(), 3])))
    model.graph.addOutput(add(model.graph, 'Relu', [x], 'y'))
    const { proto } = await written(model)
    expect(proto.graph!.input![0]!.type!.tensorType!.shape!.dim!.map(d => d.dimParam || (d.dimValue ? Number(d.dimValue) : null))).toEqual(['p2o.Dim.0', 'p2o.Dim.0 + 1', null, 3])
  })
  test('equal large weights are stored once, names of others are kept', async () => {
    const model = small()
    const { graph } = model
    const source = int64Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9])
    const twice = (): Tensor => deferredTensor('int64', [9], [source], 'same', ([b]) => b!)
    let v = graph.outputs[0]!
    for (const name of ['a', 'b', 'c']) v = add(graph, 'Foo', [v, graph.constant(name === 'c' ? int64Tensor([1]) : twice(), name)], `y${name}`)
    graph.addOutput(v)
    const { proto } = await written(model)
    expect(proto.graph!.initializer!.map(t => t.name)).toEqual(['w', 'a', 'c'])
    expect(proto.graph!.node!.map(n => n.input!.at(-1))).toEqual(['w', 'a', 'a', 'c'])
  })
  test('nodes of one graph have names of their own', async () => {
    const model = small()
    for (const output of ['a', 'b']) {
      model.graph.addOutput(add(model.graph, 'Relu', [model.graph.inputs[0]], output))
      model.graph.last!.name = 'y'
    }
    expect((await written(model)).proto.graph!.node!.map(n => n.name)).toEqual(['y', 'y_1', 'y_2'])
  })
  test('operators of another format are said in ONNX', async () => {
    registerOperators([{ name: 'TWICE', domain: 'other', infer: () => {}, decompose: (b, node) => [b.op('Add', [node.inputs[0], node.inputs[0]])] }])
    const model = new Model('main')
    model.origin = { format: 'other', path: '' }
    model.opsets.set('other', 3)
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [2])))
    const node = model.graph.insert(new Node({ op: 'TWICE', domain: 'other', inputs: [x] }))
    node.setOutput(0, model.graph.value('y', tensorType('float32', [2])))
    model.graph.addOutput(node.outputs[0]!)
    const { proto } = await written(model)
    expect(proto.opsetImport.map(o => o.domain)).toEqual([''])
    expect(proto.producerName).toBe('lapidary')
    expect(proto.graph!.node!.map(n => [n.opType, n.output])).toEqual([['Add', ['y']]])
    node.domain = 'unheard'
    expect((await written(model)).proto.opsetImport.map(o => o.domain)).toEqual(['', 'unheard'])
  })
  test('what goes straight out of a graph gets an Identity', async () => {
    const model = new Model('main')
    const { graph } = model
    const c = graph.addInput(graph.value('c', tensorType('bool', [])))
    const x = graph.addInput(graph.value('x', tensorType('float32', [1])))
    const branch = (v: Value) => {
      const body = new Graph(model.names, 'b')
      body.addOutput(v)
      return { type: 'graph' as const, value: body }
    }
    const y = add(graph, 'If', [c], 'y', { then_branch: branch(x), else_branch: branch(graph.constant(float32Tensor([1]), 'k')) })
    graph.addOutput(y)
    graph.addOutput(y)
    const { proto } = await written(model)
    expect(proto.graph!.output!.map(o => o.name)).toEqual(['y', 'y_out'])
    const [branches, identity] = proto.graph!.node!
    expect(branches!.attribute!.map(a => a.g!.node!.map(n => [n.opType, n.input, n.output]))).toEqual([[['Identity', ['x'], ['x_out']]], [['Identity', ['k'], ['k_out']]]])
    expect([identity!.opType, identity!.input, identity!.output]).toEqual(['Identity', ['y'], ['y_out']])
  })
})

describe('external data', () => {
  const big = (n: number) => inlineTensor('float32', [n], new Uint8Array(Float32Array.from({ length: n }, (_, i) => i).buffer))
  test('weights in a file of their own, at pages, equal ones once', async () => {
    const model = small()
    const { graph } = model
    const shared = deferredTensor('float32', [40000], [big(40000)], 'shared', ([b]) => b!.slice())
    let v = graph.outputs[0]!
    for (const [i, t] of [shared, big(300), shared, big(20000)].entries()) v = add(graph, 'Foo', [v, graph.constant(i === 2 ? deferredTensor('float32', [200, 200], [shared], 'shape', ([b]) => b!) : t, `w${i}`)], `y${i}`)
    graph.addOutput(v)
    const { files, proto } = await written(model, { externalData: true })
    const places = Object.fromEntries(proto.graph!.initializer!.map(t => [t.name, Object.fromEntries(t.externalData!.map(e => [e.key, e.value]))]))
    expect(places).toEqual({
      w: {},
      w0: { location: 'm.onnx.data', offset: '0', length: '160000' },
      w1: { location: 'm.onnx.data', offset: '160000', length: '1200' },
      w2: { location: 'm.onnx.data', offset: '163840', length: '160000' },
      w3: { location: 'm.onnx.data', offset: '327680', length: '80000' },
    })
    expect(files.get('m.onnx.data')!.length).toBe(407680)
    const back = await readBack(files)
    const loaded = await [...back.graph.nodes()].at(-1)!.inputs[1]!.constant!.load()
    expect(Buffer.compare(loaded, (await big(20000).load()))).toBe(0)
    // and from there into one file again
    const whole = await written(back)
    expect([...whole.files.keys()]).toEqual(['m.onnx'])
    expect(whole.proto.graph!.initializer!.find(t => t.name === 'w3')!.rawData!.length).toBe(80000)
  })
  test('more than 2 GB goes there by itself', async () => {
    const model = small()
    // lies in no memory: every read gives the same megabytes
    const huge: Tensor = { ...float32Tensor([]), shape: [600_000_000], byteLength: 2_400_000_000, key: 'huge', peek: () => undefined, load: () => Promise.reject(new Error('asked for')) }
    model.graph.addOutput(add(model.graph, 'Foo', [model.graph.constant(huge, 'h')], 'z'))
    const sink = memorySink()
    await expect(onnx.write!(exportOnnx(model, ctx), sink, { ...ctx, name: 'm.onnx' })).rejects.toThrow('asked for')
    expect((await sink.written('m.onnx')).list).toBeDefined()
    expect(await (await sink.written('m.onnx')).list!()).toEqual(['m.onnx.data'])
  })
})

describe('what only ONNX knows survives', () => {
  const bytesOf = async (proto: ModelProto): Promise<Uint8Array> => {
    const sink = memorySink()
    const file = await sink.create('m')
    await writeEncoded(encodeMessage(proto, 'ModelProto', { schema: onnxSchema }), c => file.write(c))
    await sink.commit()
    return sink.files.get('m')!
  }
  test('unknown fields, devices, overloads, annotations, denotations, docs, metadata, training', async () => {
    const unknown = [{ number: 900, wire: 2, content: Uint8Array.of(1, 2, 3) }]
    const entry = [{ key: 'k', value: 'v' }]
    const tensor = message<TensorProto>('TensorProto', { name: 'w', dims: [1], dataType: 1, rawData: new Uint8Array(4), docString: 'weight', metadataProps: entry, unknown })
    const type = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N', denotation: 'DATA_BATCH' }] } }, denotation: 'IMAGE' }
    const node = message<NodeProto>('NodeProto', {
      input: ['x', 'w'],
      output: ['y'],
      name: 'n',
      opType: 'Own',
      attribute: [message<AttributeProto>('AttributeProto', { name: 'a', type: 2, i: 3, docString: 'about a', unknown })],
      docString: 'about n',
      domain: 'own',
      overload: 'over',
      metadataProps: entry,
      deviceConfigurations: [{ configurationId: 'd', shardingSpec: [message<ShardingSpecProto>('ShardingSpecProto', { tensorName: 'x', device: [0, 1] })], pipelineStage: 1 }],
      unknown,
    })
    const proto = message<ModelProto>('ModelProto', {
      irVersion: 11,
      producerName: 'p',
      producerVersion: '1',
      domain: 'dom',
      modelVersion: 2n ** 60n,
      docString: 'about m',
      opsetImport: [{ version: 23 }, { domain: 'own', version: 1 }],
      graph: message<GraphProto>('GraphProto', {
        name: 'g',
        docString: 'about g',
        node: [node],
        initializer: [tensor],
        input: [message<ValueInfoProto>('ValueInfoProto', { name: 'x', type, docString: 'about x', metadataProps: entry, unknown })],
        output: [message<ValueInfoProto>('ValueInfoProto', { name: 'y', type: { opaqueType: { domain: 'o', name: 't' } } })],
        quantizationAnnotation: [{ tensorName: 'y', quantParameterTensorNames: entry }],
        metadataProps: entry,
        unknown,
      }),
      metadataProps: entry,
      functions: [message<FunctionProto>('FunctionProto', { name: 'Own', domain: 'own', overload: 'over', input: ['a', 'b'], output: ['c'], node: [message<NodeProto>('NodeProto', { input: ['a', 'b'], output: ['c'], opType: 'Add' })], opsetImport: [{ version: 23 }], attributeProto: [message<AttributeProto>('AttributeProto', { name: 'a', type: 2, i: 0 })], docString: 'about f', metadataProps: entry, unknown })],
      trainingInfo: [message<TrainingInfoProto>('TrainingInfoProto', { updateBinding: entry })],
      configuration: [message<DeviceConfigurationProto>('DeviceConfigurationProto', { name: 'd', numDevices: 2, device: ['a', 'b'] })],
      unknown,
    })
    const bytes = await bytesOf(proto)
    const model = await readBack(new Map([['m.onnx', bytes]]))
    const { files } = await written(model)
    expect(Buffer.compare(files.get('m.onnx')!, bytes)).toBe(0)
  })
})

test('sniffing', async () => {
  const { files } = await written(small())
  const bundle = (name: string) => memoryBundle(memoryBytes(new Uint8Array(0), name))
  expect(sniffOnnx(files.get('m.onnx')!.subarray(0, 4096), bundle('model'))).toBeGreaterThan(0.5)
  expect(sniffOnnx(new TextEncoder().encode('<!DOCTYPE html>'), bundle('x'))).toBe(0)
  expect(sniffOnnx(Uint8Array.of(0x1c, 0, 0, 0, ...new TextEncoder().encode('TFL3')), bundle('x.tflite'))).toBe(0)
  expect(sniffOnnx(new Uint8Array(0), bundle('x.onnx'))).toBeGreaterThan(0)
})
