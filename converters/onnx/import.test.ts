import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { sym } from '../../src/ir/dim.ts'
import type { Model } from '../../src/ir/model.ts'
import { peekNumbers, viewOf } from '../../src/ir/tensor.ts'
import { tensorType, typeToString } from '../../src/ir/types.ts'
import { verify } from '../../src/ir/verify.ts'
import { importOnnx } from './import.ts'
import { carried } from './model.ts'
import { readOnnx } from './read.ts'

// Models are made with the package onnx-proto, so that our own writer is not its own witness.
const { onnx } = onnxProto
type ModelInit = Parameters<typeof onnx.ModelProto.encode>[0]
type GraphInit = NonNullable<ModelInit['graph']>

async function load(init: ModelInit, files: Record<string, Uint8Array> = {}, log = new Log()): Promise<Model> {
  const bytes = onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], ...init }).finish()
  const bundle = memoryBundle(memoryBytes(bytes, 'm.onnx'), new Map(Object.entries(files).map(([k, v]) => [k, memoryBytes(v, k)])))
  const model = importOnnx(await readOnnx(bundle), { log })
  verify(model)
  return model
}
const graph = (init: GraphInit, more: ModelInit = {}, log?: Log) => load({ ...more, graph: { name: 'g', ...init } }, {}, log)
const tensor = (name: string, elemType: number, dims: (number | string | undefined)[] | undefined) => ({
  name,
  type: { tensorType: { elemType, ...(dims && { shape: { dim: dims.map(d => (typeof d === 'number' ? { dimValue: d } : d === undefined ? {} : { dimParam: d })) } }) } },
})
const node = (opType: string, input: string[], output: string[], attribute: object[] = [], name = '') => ({ opType, input, output, attribute, name })
const code = (value: string) => expect.objectContaining({ code: value })

describe('values', () => {
  test('constants, initializers and defaults', async () => {
    const f = { name: 'w', dims: [2], dataType: 1, floatData: [1, 2] }
    const parts: GraphInit = {
      input: [tensor('x', 1, [2]), tensor('w', 1, [2])],
      initializer: [f],
      node: [node('Constant', [], ['c'], [{ name: 'value_ints', type: 7, ints: [3, -4] }]), node('Add', ['x', 'w'], ['y']), node('Reshape', ['y', 'c'], ['z'])],
      output: [tensor('z', 1, undefined)],
    }
    const now = await graph(parts)
    expect(now.graph.inputs.map(v => [v.name, v.constant && peekNumbers(v.constant)])).toEqual([['x', undefined], ['w', [1, 2]]])
    expect([...now.graph.nodes()].map(n => n.op)).toEqual(['Add', 'Reshape'])
    const [, reshape] = [...now.graph.nodes()]
    expect(peekNumbers(reshape!.inputs[1]!.constant)).toEqual([3, -4])
    expect(reshape!.inputs[1]!.name).toBe('c')
    const old = await graph(parts, { irVersion: 3 })
    expect(old.graph.inputs.map(v => v.name)).toEqual(['x'])
    expect([...old.graph.nodes()][0]!.inputs[1]!.isConstant).toBe(true)
  })

  test.each<[string, object, string, unknown[]]>([
    ['value_int', { type: 2, i: 7 }, 'int64[]', [7]],
    ['value_float', { type: 1, f: 0.5 }, 'float32[]', [0.5]],
    ['value_floats', { type: 6, floats: [1, 2] }, 'float32[2]', [1, 2]],
    ['value_ints', { type: 7, ints: [] }, 'int64[0]', []],
  ])('Constant with %s', async (name, attribute, type, values) => {
    const { graph: g } = await graph({ node: [node('Constant', [], ['c'], [{ name, ...attribute }])], output: [{ name: 'c' }] })
    expect(typeToString(g.outputs[0]!.type)).toBe(type)
    expect(peekNumbers(g.outputs[0]!.constant)).toEqual(values)
  })

  test('strings', async () => {
    const bytes = (s: string) => new TextEncoder().encode(s)
    const { graph: g } = await graph({
      node: [node('Constant', [], ['a'], [{ name: 'value_strings', type: 8, strings: [bytes('ä'), bytes('')] }])],
      initializer: [{ name: 'b', dims: [1], dataType: 8, stringData: [bytes('日')] }],
      output: [{ name: 'a' }, { name: 'b' }],
    })
    expect(g.outputs.map(v => v.constant!.strings)).toEqual([['ä', ''], ['日']])
  })

  test('elements in every typed field', async () => {
    const cases: readonly [dataType: number, field: object, dims: number[], bytes: readonly number[]][] = [
      [2, { int32Data: [1, 255] }, [2], [1, 255]],
      [3, { int32Data: [-1, 127] }, [2], [255, 127]],
      [5, { int32Data: [-2] }, [1], [254, 255]],
      [6, { int32Data: [-2, 2 ** 31 - 1] }, [2], [254, 255, 255, 255, 255, 255, 255, 127]],
      [9, { int32Data: [1, 0] }, [2], [1, 0]],
      [10, { int32Data: [0x3c00, 0x8000] }, [2], [0, 0x3c, 0, 0x80]],
      [16, { int32Data: [0x3f80] }, [1], [0x80, 0x3f]],
      [17, { int32Data: [0x38] }, [1], [0x38]],
      [7, { int64Data: [-1] }, [1], [255, 255, 255, 255, 255, 255, 255, 255]],
      [12, { uint64Data: [2 ** 32 - 1] }, [1], [255, 255, 255, 255]],
      [13, { uint64Data: [2 ** 40] }, [1], [0, 0, 0, 0, 0, 1, 0, 0]],
      [1, { floatData: [1] }, [1], [0, 0, 128, 63]],
      [11, { doubleData: [1] }, [1], [0, 0, 0, 0, 0, 0, 240, 63]],
      [14, { floatData: [1, 0] }, [1], [0, 0, 128, 63, 0, 0, 0, 0]],
      // onnx.proto: two 4-bit or four 2-bit elements to a number, the first in the low bits
      [22, { int32Data: [0x21, 0x03] }, [3], [0x21, 0x03]],
      [25, { int32Data: [0b11100100, 1] }, [5], [0b11100100, 1]],
      [23, { int32Data: [0x51] }, [2], [0x51]],
      // onnx.proto: a number for each 6-bit element; in memory a bit stream, low bits first
      [27, { int32Data: [1, 2, 3, 63, 32] }, [5], [1 | ((2 & 3) << 6), (2 >> 2) | ((3 & 15) << 4), (3 >> 4) | (63 << 2), 32]],
      [1, {}, [0], []],
    ]
    for (const [dataType, field, dims, bytes] of cases) {
      const { graph: g } = await graph({ initializer: [{ name: 'w', dims, dataType, ...field }], output: [{ name: 'w' }] })
      expect([...(await g.outputs[0]!.constant!.load())], `data type ${dataType}`).toEqual(bytes)
    }
  })

  test('large typed fields are unpacked when they are asked for', async () => {
    const numbers = Array.from({ length: 5000 }, (_, i) => i - 2500)
    const { graph: g } = await graph({ initializer: [{ name: 'w', dims: [5000], dataType: 7, int64Data: numbers }], output: [{ name: 'w' }] })
    const { constant } = g.outputs[0]!
    expect(constant!.peek()).toBeUndefined()
    expect(Array.from(viewOf('int64', await constant!.load()) as BigInt64Array, Number)).toEqual(numbers)
    const { graph: short } = await graph({ initializer: [{ name: 'w', dims: [4999], dataType: 7, int64Data: numbers }], output: [{ name: 'w' }] })
    await expect(short.outputs[0]!.constant!.load()).rejects.toEqual(code('onnx.import.tensor'))
  })

  test('sizes by number, by name, and unknown', async () => {
    const { graph: g } = await graph({ input: [tensor('x', 1, ['p2o.DynamicDimension.0', 0, '', '?', undefined, -1, 'N', 'N']), tensor('y', 1, undefined)] })
    const shape = (g.inputs[0]!.type as { shape: readonly unknown[] }).shape
    expect(shape.slice(0, 2)).toEqual([sym('p2o.DynamicDimension.0'), 0])
    const unknown = shape.slice(2, 6).map(String)
    expect(unknown.every(d => d.startsWith("'?"))).toBe(true)
    expect(new Set(unknown).size).toBe(4)
    expect(String(shape[6])).toBe(String(shape[7]))
    expect(g.inputs[1]!.type).toEqual(tensorType('float32', undefined))
  })

  test('types that are not tensors', async () => {
    const elem = { tensorType: { elemType: 7, shape: { dim: [{ dimValue: 2 }] } } }
    const { graph: g } = await graph({
      input: [
        { name: 's', type: { sequenceType: { elemType: { sequenceType: { elemType: elem } } } } },
        { name: 'm', type: { mapType: { keyType: 8, valueType: elem } } },
        { name: 'o', type: { optionalType: { elemType: elem } } },
        { name: 'p', type: { sparseTensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N' }] } } } },
      ],
    })
    expect(g.inputs.map(v => typeToString(v.type))).toEqual(['sequence<sequence<int64[2]>>', 'map<string, int64[2]>', 'optional<int64[2]>', 'sparse<float32[N]>'])
  })

  test('sparse initializers', async () => {
    const sparse = (indices: number[], dims: number[]) => ({ values: { name: 's', dims: [2], dataType: 1, floatData: [5, 6] }, indices: { dims, dataType: 7, int64Data: indices }, dims: [2, 3] })
    for (const [indices, dims] of [[[1, 5], [2]], [[0, 1, 1, 2], [2, 2]]] as const) {
      const { graph: g } = await graph({ sparseInitializer: [sparse([...indices], [...dims])], output: [{ name: 's' }] })
      expect(peekNumbers(g.outputs[0]!.constant)).toEqual([0, 5, 0, 0, 0, 6])
    }
    await expect(graph({ sparseInitializer: [sparse([1, 6], [2])], output: [{ name: 's' }] })).rejects.toEqual(code('onnx.import.tensor'))
  })
})

describe('external data', () => {
  const external = (entries: Record<string, string>, dims = [2]): ModelInit => ({
    graph: { name: 'g', initializer: [{ name: 'w', dims, dataType: 1, dataLocation: 1, externalData: Object.entries(entries).map(([key, value]) => ({ key, value })) }], output: [{ name: 'w' }] },
  })
  const data = new Uint8Array(Float32Array.from({ length: 3000 }, (_, i) => i).buffer)

  test('small and large', async () => {
    const small = await load(external({ location: 'd/w.bin', offset: '4', length: '8' }), { 'd/w.bin': data })
    expect(peekNumbers(small.graph.outputs[0]!.constant)).toEqual([1, 2])
    const large = await load(external({ location: 'd//./w.bin' }, [3000]), { 'd/w.bin': data })
    expect(large.graph.outputs[0]!.constant!.peek()).toBeUndefined()
    expect(Buffer.compare(await large.graph.outputs[0]!.constant!.load(), data)).toBe(0)
  })

  test.each<[string, Record<string, string>, number[]]>([
    ['onnx.read.external-missing', { location: 'none' }, [2]],
    ['bytes.path.outside', { location: '../w' }, [2]],
    ['bytes.path.outside', { location: '/etc/passwd' }, [2]],
    ['bytes.path.outside', {}, [2]],
    ['onnx.read.external-invalid', { location: 'w', offset: '11993' }, [2]],
    ['onnx.read.external-invalid', { location: 'w', offset: '-4' }, [2]],
    ['onnx.read.external-invalid', { location: 'w', offset: '99999999999999999999' }, [2]],
    ['onnx.read.external-invalid', { location: 'w', length: '9' }, [2]],
    ['onnx.read.external-invalid', { location: 'w' }, [2 ** 40, 2 ** 40]],
    ['onnx.read.external-invalid', { location: 'w' }, [-1]],
  ])('%s for %j %j', async (expected, entries, dims) => {
    await expect(load(external(entries, dims), { w: data })).rejects.toEqual(code(expected))
  })
})

describe('nodes', () => {
  test('what subgraphs take from around them, and names that occur twice', async () => {
    const branch = (op: string): object => ({ name: 'b', node: [node('Constant', [], ['k'], [{ name: 'value_float', type: 1, f: 1 }]), node(op, ['x', 'k'], ['r'])], output: [{ name: 'r' }] })
    const model = await graph({
      input: [tensor('c', 9, []), tensor('x', 1, [2])],
      node: [node('If', ['c'], ['y'], [{ name: 'then_branch', type: 5, g: branch('Add') }, { name: 'else_branch', type: 5, g: branch('Sub') }], 'choose'), node('Neg', ['y'], ['r'])],
      output: [tensor('r', 1, undefined)],
    })
    const [choose] = [...model.graph.nodes()]
    expect(choose!.subgraphs().map(g => [...g.nodes()].map(n => [n.op, n.inputs[0] === model.graph.inputs[1], n.origin.path]))).toEqual([
      [['Add', true, 'choose/then_branch/node 1 (Add)']],
      [['Sub', true, 'choose/else_branch/node 1 (Sub)']],
    ])
    expect(model.graph.outputs[0]!.name).toBe('r')
    expect([...model.allNodes()].flatMap(n => n.outputs.map(v => v!.name)).sort()).toEqual(['r', 'r_1', 'r_2', 'y'])
    expect(choose!.origin).toMatchObject({ format: 'onnx', file: 'm.onnx', path: 'choose', bytes: [expect.any(Number), expect.any(Number)] })
  })

  test('out of order, left out inputs and outputs', async () => {
    const log = new Log()
    const model = await graph({ input: [tensor('x', 1, [2])], node: [node('Neg', ['a'], ['y']), node('Clip', ['x', '', 'm', ''], ['a']), node('Abs', ['x'], ['m']), node('Dropout', ['x'], ['d', ''])], output: [tensor('y', 1, [2]), tensor('d', 1, [2])] }, {}, log)
    expect([...model.graph.nodes()].map(n => n.op)).toEqual(['Abs', 'Clip', 'Neg', 'Dropout'])
    const [, clip, , dropout] = [...model.graph.nodes()]
    expect(clip!.inputs.map(v => v?.name)).toEqual(['x', undefined, 'm'])
    expect(dropout!.outputs.map(v => v?.name)).toEqual(['d', undefined])
    expect(log.diagnostics.map(d => d.code)).toEqual(['onnx.import.not-sorted'])
  })

  test.each<[string, string, GraphInit, ModelInit?]>([
    ['an input that nothing makes', 'onnx.import.undefined-value', { node: [node('Neg', ['none'], ['y'])] }],
    ['an output that nothing makes', 'onnx.import.undefined-value', { output: [tensor('none', 1, [])] }],
    ['a value made twice', 'onnx.import.duplicate', { input: [tensor('x', 1, [])], node: [node('Neg', ['x'], ['y']), node('Abs', ['x'], ['y'])] }],
    ['an input there twice', 'onnx.import.duplicate', { input: [tensor('x', 1, []), tensor('x', 1, [])] }],
    ['two initializers of a name', 'onnx.import.duplicate', { initializer: [0, 1].map(() => ({ name: 'w', dims: [0], dataType: 1 })) }],
    ['a circle', 'onnx.import.cycle', { node: [node('Neg', ['b'], ['a']), node('Abs', ['a'], ['b'])] }],
    ['a circle through a subgraph', 'onnx.import.cycle', { input: [tensor('c', 9, [])], node: [node('If', ['c'], ['y'], [{ name: 'then_branch', type: 5, g: { name: 'b', output: [{ name: 'y' }] } }])] }],
    ['an attribute twice', 'onnx.import.attribute', { node: [node('Neg', [], ['y'], [{ name: 'a', type: 2, i: 1 }, { name: 'a', type: 2, i: 1 }])] }],
    ['an attribute of no type', 'onnx.import.attribute', { node: [node('Neg', [], ['y'], [{ name: 'a' }])] }],
    ['an attribute of a type not known', 'onnx.import.attribute', { node: [node('Neg', [], ['y'], [{ name: 'a', type: 77 }])] }],
    ['elements that are missing', 'onnx.import.tensor', { initializer: [{ name: 'w', dims: [3], dataType: 1, floatData: [1] }] }],
    ['an element type not known', 'onnx.import.tensor', { initializer: [{ name: 'w', dims: [0], dataType: 99 }] }],
    ['a shape beyond all bounds', 'onnx.import.tensor', { initializer: [{ name: 'w', dims: [2 ** 40, 2 ** 40], dataType: 1 }] }],
    ['no operator set', 'onnx.import.opset-missing', { node: [node('Neg', [], ['y'])] }, { opsetImport: [] }],
    ['a value type not known', 'onnx.import.type', { input: [tensor('x', 99, [])] }],
  ])('%s', async (_, expected, parts, more = {}) => {
    await expect(graph(parts, more)).rejects.toEqual(code(expected))
  })

  test('operator sets: old files, unused ones, two names of one domain, newer ones', async () => {
    const log = new Log()
    const model = await graph({}, { opsetImport: [{ domain: 'ai.onnx', version: 99 }, { domain: 'com.microsoft', version: 1 }] }, log)
    expect([...model.opsets]).toEqual([['', 99], ['com.microsoft', 1]])
    expect(log.diagnostics.map(d => d.code)).toEqual(['onnx.import.opset-newer'])
    expect([...(await graph({}, { irVersion: 2, opsetImport: [] })).opsets]).toEqual([['', 1]])
  })

  test('functions', async () => {
    const model = await graph(
      { input: [tensor('x', 1, [2])], node: [{ ...node('Twice', ['x'], ['y'], [{ name: 'k', type: 1, f: 2 }]), domain: 'own' }], output: [tensor('y', 1, [2])] },
      {
        opsetImport: [{ domain: '', version: 17 }, { domain: 'own', version: 1 }],
        functions: [{ name: 'Twice', domain: 'own', input: ['x'], output: ['y'], attribute: ['k'], opsetImport: [{ domain: '', version: 9 }], node: [node('Constant', [], ['c'], [{ name: 'value_float', type: 1, refAttrName: 'k' }]), node('Mul', ['x', 'c'], ['m']), node('Squeeze', ['m'], ['y'], [{ name: 'axes', type: 7, ints: [0] }])] }],
      } as ModelInit,
    )
    const [f] = model.functions
    expect([f!.name, f!.domain, f!.attributes, [...f!.opsets]]).toEqual(['Twice', 'own', ['k'], [['', 9]]])
    const body = [...f!.graph.nodes()]
    expect(body.map(n => n.op)).toEqual(['Constant', 'Mul', 'Squeeze'])
    expect(body[0]!.attributes).toEqual({ value_float: { type: 'reference', value: 'k', of: 'float' } })
    expect(peekNumbers(body[2]!.inputs[1]!.constant)).toEqual([0])
    expect(f!.graph.inputs[0]!.name).toBe('x')
  })

  test('what only ONNX knows is carried', async () => {
    const annotation = { tensorName: 'y', quantParameterTensorNames: [{ key: 'SCALE_TENSOR', value: 's' }] }
    const model = await graph({
      docString: 'about g',
      input: [{ name: 'x', docString: 'about x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1, denotation: 'DATA_BATCH' }] } }, denotation: 'TENSOR' } }],
      node: [{ ...node('Neg', ['x'], ['y']), docString: 'about y' }],
      output: [tensor('y', 1, [1])],
      quantizationAnnotation: [annotation],
    })
    const { graph: g } = model
    expect([g.doc, g.inputs[0]!.doc, g.first!.doc]).toEqual(['about g', 'about x', 'about y'])
    expect(carried(g.inputs[0]!.extra)['type']).toMatchObject({ denotation: 'TENSOR' })
    expect(carried(g.outputs[0]!.extra)['quantization']).toMatchObject(annotation)
  })
})

test('files that are no models', async () => {
  for (const bytes of [new Uint8Array(0), new TextEncoder().encode('<!DOCTYPE html><html>'), new Uint8Array(1000).fill(255), Uint8Array.of(8, 8)]) {
    await expect(readOnnx(memoryBundle(memoryBytes(bytes, 'm.onnx')))).rejects.toEqual(expect.objectContaining({ code: expect.stringMatching(/^onnx\.read\./) }))
  }
})
