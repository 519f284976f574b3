import { Builder, ByteBuffer } from 'flatbuffers'
import { describe, expect, it } from 'vitest'
import { concat, memoryBytes } from '../bytes/memory.ts'
import type { FlatSchema } from './flatbuffer.ts'
import { FlatError } from './flatbuffer.ts'
import { decodeFlatbuffer } from './flatbuffer-read.ts'
import { planFlatbuffer, writeFlatbuffer } from './flatbuffer-write.ts'

// expected bytes come from the flatbuffers package, driven by hand as its generated code would
const schema: FlatSchema = {
  root: 'Root',
  identifier: 'TEST',
  enums: { Color: { base: 'byte', names: ['RED', 'GREEN'] } },
  unions: { Any: ['NONE', 'Leaf', 'Root'] },
  tables: {
    Root: 'name:string count:int=7 - color:Color any:Any leaves:[Leaf] wide:[long] data:blob flags:[bool] raw:[ubyte] child:Root',
    Leaf: 'x:float big:ulong',
  },
}

async function written(value: Record<string, unknown>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  const plan = planFlatbuffer(value, schema)
  await writeFlatbuffer(plan, async chunk => void chunks.push(chunk.slice()))
  const bytes = concat(chunks)
  expect(bytes.byteLength).toBe(plan.size)
  return bytes
}

const read = (bytes: Uint8Array, unknown?: (table: string, what: string) => void) => decodeFlatbuffer<Record<string, unknown>>(memoryBytes(bytes), schema, unknown ? { unknown } : {})
const blob = (bytes: Uint8Array) => ({ byteLength: bytes.byteLength, load: async () => bytes })

interface Deferred {
  readonly range: { readonly start: number }
  load(): Promise<Uint8Array>
}

/** A root table made with the package alone. */
function byHand(fill: (b: Builder) => void, slots = 12, before: (b: Builder) => void = () => {}): Uint8Array {
  const b = new Builder()
  before(b)
  b.startObject(slots)
  fill(b)
  b.finish(b.endObject(), 'TEST')
  return b.asUint8Array().slice()
}

describe('the FlatBuffers codec', () => {
  it('reads what the package wrote', async () => {
    let name = 0
    let wide = 0
    const bytes = byHand(
      b => {
        b.addFieldOffset(0, name, 0)
        b.addFieldInt32(1, 9, 7)
        b.addFieldInt8(3, 1, 0)
        b.addFieldOffset(7, wide, 0)
      },
      12,
      b => {
        name = b.createString('héllo')
        b.startVector(8, 2, 8)
        b.addInt64(-3n)
        b.addInt64(2n ** 60n)
        wide = b.endVector()
      },
    )
    expect(await read(bytes)).toEqual({ name: 'héllo', count: 9, color: 'GREEN', wide: [2n ** 60n, -3] })
  })

  it('writes what the package reads, defaults left out and blobs aligned', async () => {
    const bytes = await written({ name: 'n', count: 7, color: 'GREEN', data: blob(Uint8Array.of(1, 2, 3)) })
    const bb = new ByteBuffer(bytes)
    const root = bb.readInt32(0)
    expect(bb.__has_identifier('TEST')).toBe(true)
    expect(bb.__offset(root, 4 + 2 * 1)).toBe(0)
    expect(bb.readInt8(root + bb.__offset(root, 4 + 2 * 3))).toBe(1)
    expect(bb.__string(root + bb.__offset(root, 4))).toBe('n')
    const data = bb.__offset(root, 4 + 2 * 8)
    expect(bb.__vector_len(root + data)).toBe(3)
    const at = bb.__vector(root + data)
    expect(at % 16).toBe(0)
    expect([...bytes.subarray(at, at + 3)]).toEqual([1, 2, 3])
  })

  it('round-trips every kind of field, the same bytes each time', async () => {
    const content = Uint8Array.from({ length: 100 }, (_, i) => i)
    const shared = blob(content)
    const value = {
      name: '', color: 'GREEN', any: { type: 'Leaf', value: { x: 0.5, big: 2n ** 63n } }, leaves: [{ x: 1 }, {}], wide: [1, 2n ** 62n], data: shared,
      flags: [true, false], raw: Uint8Array.of(9, 8), child: { count: -1, data: shared, any: { type: 'Root', value: { data: blob(new Uint8Array(0)) } } },
    }
    const bytes = await written(value)
    expect(Buffer.compare(bytes, await written(value))).toBe(0)
    const back = (await read(bytes)) as { data: Deferred; child: { data: Deferred } }
    expect(await back.data.load()).toEqual(content)
    expect(back.child.data.range.start).toBe(back.data.range.start)
    expect({ ...back, data: 0, child: 0 }).toEqual({ ...value, data: 0, child: 0 })
  })

  it('keeps enumerators that it does not know and tells of fields and unions that it does not know', async () => {
    const seen: string[] = []
    const bytes = byHand(b => {
      b.addFieldInt8(3, 55, 0)
      b.addFieldInt8(4, 77, 0)
      b.addFieldInt32(12, 5, 0)
      b.addFieldInt32(5, 4, 0)
    }, 13)
    expect(await read(bytes, (table, what) => seen.push(`${table} ${what}`))).toEqual({ color: 55 })
    expect(seen).toEqual(['Root any of type 77', 'Root field 12'])
  })

  it('refuses what leaves the file, nests without end or repeats beyond measure', async () => {
    const good = await written({ name: 'abc', leaves: [{ x: 1 }], wide: [1, 2] })
    for (let end = 0; end < good.length - 8; end++) await expect(read(good.subarray(0, end))).rejects.toBeInstanceOf(FlatError)
    await expect(read(Uint8Array.from(good, (x, i) => (i === 4 ? 0 : x)))).rejects.toMatchObject({ kind: 'malformed' })
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 100; i++) deep = { child: deep }
    await expect(written(deep).then(bytes => read(bytes))).rejects.toMatchObject({ kind: 'limit' })
    let leaves = 0
    const shared = byHand(
      b => b.addFieldOffset(6, leaves, 0),
      12,
      b => {
        b.startObject(2)
        b.addFieldFloat32(0, 1, 0)
        const leaf = b.endObject()
        b.startVector(4, 100_000, 4)
        for (let i = 0; i < 100_000; i++) b.addOffset(leaf)
        leaves = b.endVector()
      },
    )
    await expect(read(shared)).rejects.toMatchObject({ kind: 'limit' })
  })

  it('refuses more than 2 GB before it loads anything', () => {
    const huge = { byteLength: 2 ** 31, load: () => Promise.reject(new Error('loaded')) }
    expect(() => planFlatbuffer({ data: huge }, schema)).toThrow(expect.objectContaining({ kind: 'size' }) as Error)
  })
})
