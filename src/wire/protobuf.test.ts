import onnxProto from 'onnx-proto'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, test } from 'vitest'
import type { Payload } from '../../proto/message.ts'
import type { AttributeProto, ModelProto, TensorProto } from '../../proto/onnx.gen.ts'
import { onnxSchema } from '../../proto/onnx.gen.ts'
import { concat, memoryBytes } from '../bytes/memory.ts'
import { encodeMessage, writeEncoded } from './protobuf-encode.ts'
import { emptyMessage } from './protobuf-decode.ts'
import { WireError, depthLimit, readMessage } from './protobuf.ts'
import type { WireOptions } from './protobuf.ts'

const options: WireOptions = { schema: onnxSchema, defer: new Set(['TensorProto.rawData']), located: new Set(['NodeProto']), payloadLimit: 64, itemLimit: 1e6 }
const { onnx } = onnxProto

const read = <T>(bytes: Uint8Array, root: string, reads?: number[]): Promise<T> => {
  const memory = memoryBytes(bytes, 'm')
  return readMessage<T>({ ...memory, read: (s, e) => (reads?.push(e - s), memory.read(s, e)) }, root, options)
}
async function write(message: object, root: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const encoded = encodeMessage(message, root, { schema: onnxSchema })
  await writeEncoded(encoded, async c => void chunks.push(c.slice()))
  const out = concat(chunks)
  expect(out.length).toBe(encoded.size)
  return out
}
const bytesOf = async (p: Payload | undefined): Promise<Uint8Array> => (p instanceof Uint8Array ? p : p!.load())
const raw = (n: number) => Uint8Array.from({ length: n }, (_, i) => (i * 7) & 255)

const sample = () =>
  onnx.ModelProto.encode({
    irVersion: 8,
    producerName: 'peer',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'g',
      node: [
        { opType: 'Constant', output: ['c'], attribute: [{ name: 'value', type: 4, t: { dims: [100], dataType: 1, rawData: raw(400) } }] },
        { opType: 'If', input: ['p'], output: ['y'], attribute: [{ name: 'then_branch', type: 5, g: { name: 't', initializer: [{ name: 'w', dims: [50], dataType: 7, int64Data: Array.from({ length: 50 }, (_, i) => i - 25) }] } }] },
        { opType: 'Scale', attribute: [{ name: 'a', type: 7, ints: [1, -1, 300] }, { name: 'b', type: 6, floats: [0.5, -2] }, { name: 'n', type: 2, i: -5 }, { name: 's', type: 3, s: raw(3) }] },
      ],
      initializer: [{ name: 'f', dims: [3], dataType: 1, floatData: [1, 2, 3] }],
    },
  }).finish()

describe('reading', () => {
  test('what onnx-proto wrote, large contents left where they are', async () => {
    const bytes = new Uint8Array(sample())
    const model = await read<ModelProto>(bytes, 'ModelProto')
    expect([model.irVersion, model.producerName, model.opsetImport[0]!.version]).toEqual([8, 'peer', 17])
    const [constant, branch, scale] = model.graph!.node
    const { rawData } = constant!.attribute[0]!.t!
    expect(rawData).toMatchObject({ byteLength: 400 })
    expect(await bytesOf(rawData)).toEqual(raw(400))
    const weight = branch!.attribute[0]!.g!.initializer[0]!
    expect(weight.int64Data).toHaveLength(1)
    expect(weight.int64Data[0]).not.toBeInstanceOf(Uint8Array)
    expect(scale!.attribute.map(a => [a.ints, a.floats, a.i, a.s])).toEqual([[[1, -1, 300], [], undefined, undefined], [[], [0.5, -2], undefined, undefined], [[], [], -5, undefined], [[], [], undefined, raw(3)]])
    const values = new Float32Array((await bytesOf(model.graph!.initializer[0]!.floatData[0])).slice().buffer)
    expect([...values]).toEqual([1, 2, 3])
    const [start, end] = scale!.at!
    expect(onnx.NodeProto.decode(bytes.subarray(start, end)).opType).toBe('Scale')
  })

  test('a large content is never read', async () => {
    const bytes = new Uint8Array(onnx.ModelProto.encode({ graph: { initializer: [0, 1, 2].map(i => ({ name: `w${i}`, rawData: raw(400_000) })) } }).finish())
    const reads: number[] = []
    const model = await read<ModelProto>(bytes, 'ModelProto', reads)
    expect(reads.reduce((a, b) => a + b, 0)).toBeLessThan(250_000)
    expect(Buffer.compare(await bytesOf(model.graph!.initializer[2]!.rawData), raw(400_000))).toBe(0)
  })

  test('numbers written one by one, lists in several pieces, and int64 beyond 2^53', async () => {
    const w = protobuf.Writer.create()
    w.uint32(8).int64(5).uint32(10).fork().int64(6).int64(-1).ldelim() // dims: one alone, two packed
    w.uint32(37).float(1.5).uint32(37).float(2.5) // float_data alone
    w.uint32(34).fork().float(3.5).ldelim() // and packed
    const tensor = await read<TensorProto>(w.finish(), 'TensorProto')
    expect(tensor.dims).toEqual([5, 6, -1])
    expect([...new Float32Array(concat(await Promise.all(tensor.floatData.map(bytesOf))).slice().buffer)]).toEqual([1.5, 2.5, 3.5])
    const big = onnx.AttributeProto.encode({ i: { low: -1, high: 0x7fffffff, unsigned: false } as never }).finish()
    expect((await read<AttributeProto>(big, 'AttributeProto')).i).toBe(2n ** 63n - 1n)
  })

  test('a message said twice is merged, as protobuf has it', async () => {
    const twice = concat([onnx.ModelProto.encode({ graph: { name: 'a', input: [{ name: 'x' }] } }).finish(), onnx.ModelProto.encode({ graph: { name: 'b', input: [{ name: 'y' }] } }).finish()])
    const { graph } = await read<ModelProto>(twice, 'ModelProto')
    expect([graph!.name, graph!.input.map(v => v.name)]).toEqual(['b', ['x', 'y']])
  })
})

describe('writing', () => {
  test('what was read, to the byte', async () => {
    const bytes = new Uint8Array(sample())
    const again = await write(await read<ModelProto>(bytes, 'ModelProto'), 'ModelProto')
    expect(onnx.ModelProto.toObject(onnx.ModelProto.decode(again), { longs: String })).toEqual(onnx.ModelProto.toObject(onnx.ModelProto.decode(bytes), { longs: String }))
    expect(await write(await read<ModelProto>(again, 'ModelProto'), 'ModelProto')).toEqual(again)
  })

  test('unknown fields of every wire type, small and large', async () => {
    const w = protobuf.Writer.create()
    w.uint32(8).int64(9).uint32(1000 * 8).uint64(77).uint32(1001 * 8 + 1).double(2.5).uint32(1002 * 8 + 5).fixed32(8).uint32(1003 * 8 + 2).bytes(raw(10)).uint32(1004 * 8 + 2).bytes(raw(5000))
    // a known field of another wire type is unknown too
    w.uint32(2 * 8).uint64(3)
    const bytes = new Uint8Array(w.finish())
    const model = await read<ModelProto>(bytes, 'ModelProto')
    expect(model.unknown!.map(u => [u.number, u.wire])).toEqual([[1000, 0], [1001, 1], [1002, 5], [1003, 2], [1004, 2], [2, 0]])
    expect(model.unknown![4]!.content).not.toBeInstanceOf(Uint8Array)
    expect(await write(model, 'ModelProto')).toEqual(bytes)
  })

  test('negative and very large integers', async () => {
    const message = Object.assign(emptyMessage(onnxSchema, 'AttributeProto'), { i: -(2n ** 63n), ints: [0, -1, 127, 128, 2 ** 53 - 1, 2n ** 63n - 1n], type: 7 })
    const decoded = onnx.AttributeProto.toObject(onnx.AttributeProto.decode(await write(message, 'AttributeProto')), { longs: String })
    expect([decoded['i'], decoded['ints']]).toEqual(['-9223372036854775808', ['0', '-1', '127', '128', '9007199254740991', '9223372036854775807']])
  })
})

describe('broken bytes', () => {
  test('cut off anywhere: an error with a position, or a shorter message', async () => {
    const bytes = new Uint8Array(sample())
    let failed = 0
    for (let end = 0; end < bytes.length; end++) {
      try {
        await read(bytes.subarray(0, end), 'ModelProto')
      } catch (error) {
        if (!(error instanceof WireError)) throw error
        expect(error.position).toBeLessThanOrEqual(end)
        failed++
      }
    }
    expect(failed).toBeGreaterThan(bytes.length * 0.9)
  })

  test('nesting without end', async () => {
    let bytes = new Uint8Array(0)
    for (let i = 0; i < 200; i++) {
      // node > attribute > graph > ...
      const tag = [7 * 8 + 2, 1 * 8 + 2, 5 * 8 + 2, 6 * 8 + 2][i === 199 ? 0 : 1 + ((198 - i) % 3)]!
      bytes = new Uint8Array(protobuf.Writer.create().uint32(tag).bytes(bytes).finish())
    }
    await expect(read(bytes, 'ModelProto')).rejects.toMatchObject({ kind: 'limit' })
    await expect(readMessage(memoryBytes(bytes), 'ModelProto', { ...options, payloadLimit: 1e9 })).rejects.toMatchObject({ kind: 'limit' })
    expect(depthLimit).toBeLessThan(200)
  })

  test('more messages or numbers than there may be', async () => {
    const many = onnx.GraphProto.encode({ node: Array.from({ length: 100 }, () => ({})) }).finish()
    const numbers = onnx.AttributeProto.encode({ ints: Array.from({ length: 100 }, () => 1) }).finish()
    for (const [bytes, root] of [[many, 'GraphProto'], [numbers, 'AttributeProto']] as const) {
      await expect(readMessage(memoryBytes(bytes), root, { ...options, itemLimit: 100 })).rejects.toMatchObject({ kind: 'limit' })
      await readMessage(memoryBytes(bytes), root, { ...options, itemLimit: 101 })
    }
  })

  test('lengths and tags that can not be', async () => {
    const cases: readonly [number[], string][] = [
      [[0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f], 'truncated'], // a graph of 34 GB
      [[0x3a, 0x05, 0x0a], 'truncated'],
      [[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 'malformed'],
      [[0x08], 'truncated'],
      [[0x00, 0x00], 'malformed'],
      [[0x0b, 0x0c], 'malformed'], // a group
      [[0x0f], 'malformed'],
    ]
    for (const [bytes, kind] of cases) await expect(read(Uint8Array.from(bytes), 'ModelProto'), String(bytes)).rejects.toMatchObject({ kind })
  })
})
