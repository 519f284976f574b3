import { Builder } from 'flatbuffers'
import type { DeferredBytes } from '../../proto/message.ts'
import type { FlatField, FlatSchema, FlatTable, FlatUnion } from './flatbuffer.ts'
import { FlatError, flatFields, scalarSize } from './flatbuffer.ts'

/** Offsets in a file are 32 bits, and readers take them as signed. */
export const flatSizeLimit = 2 ** 31 - 1
const blobAlignment = 16

/** A file laid out: its tables, and the blobs that follow them in order. */
export interface FlatPlan {
  /** Size of the whole file. */
  readonly size: number
  readonly tables: Uint8Array
  readonly blobs: readonly { readonly content: DeferredBytes; /** Zero bytes and the length before it. */ readonly lead: Uint8Array }[]
}

/**
 * Lays a file out without loading a blob: the tables stand first, then each blob once, aligned to 16 bytes. The same
 * objects give the same bytes. Throws `FlatError` of kind `size` beyond 2 GB.
 */
export function planFlatbuffer(root: FlatTable, schema: FlatSchema): FlatPlan {
  const blobs = new Map<DeferredBytes, number>()
  const plan: FlatPlan['blobs'][number][] = []
  let tail = 0
  for (const content of findBlobs(root, schema, schema.root)) {
    if (blobs.has(content)) continue
    const pad = (2 * blobAlignment - 4 - (tail % blobAlignment)) % blobAlignment
    const lead = new Uint8Array(pad + 4)
    new DataView(lead.buffer).setUint32(pad, content.byteLength, true)
    blobs.set(content, tail + pad)
    plan.push({ content, lead })
    tail += pad + 4 + content.byteLength
    if (tail > flatSizeLimit) throw new FlatError('size', `the weights take more than ${flatSizeLimit} bytes`)
  }
  const builder = new Builder(1 << 16)
  builder.prep(blobAlignment, 0)
  const at = new Encoder(builder, schema, blobs).table(schema.root, root)
  builder.finish(at, schema.identifier)
  const tables = builder.asUint8Array()
  const size = tables.byteLength + tail
  if (size > flatSizeLimit) throw new FlatError('size', `the file takes ${size} bytes, more than ${flatSizeLimit}`)
  return { size, tables, blobs: plan }
}

/** Writes a plan in order, one blob in memory at a time. */
export async function writeFlatbuffer(plan: FlatPlan, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  await write(plan.tables)
  for (const { content, lead } of plan.blobs) {
    await write(lead)
    if (content.byteLength === 0) continue
    const bytes = await content.load()
    if (bytes.byteLength !== content.byteLength) throw new Error(`invariant: a blob of ${content.byteLength} bytes came with ${bytes.byteLength}`)
    await write(bytes)
  }
}

function* findBlobs(table: FlatTable, schema: FlatSchema, name: string): Generator<DeferredBytes> {
  for (const field of flatFields(schema, name)) {
    const value = table[field.name]
    if (value === undefined) continue
    if (field.kind === 'blob') yield value as DeferredBytes
    else if (field.kind === 'union') yield* findBlobs((value as FlatUnion).value, schema, (value as FlatUnion).type)
    else if (field.kind === 'table') for (const one of field.list ? (value as FlatTable[]) : [value as FlatTable]) yield* findBlobs(one, schema, field.type)
  }
}

interface Layout {
  readonly slots: number
  readonly fields: readonly FlatField[]
  /** Wide fields first, so that no room is lost to alignment. */
  readonly widest: readonly FlatField[]
}

class Encoder {
  readonly #builder: Builder
  readonly #schema: FlatSchema
  readonly #blobs: ReadonlyMap<DeferredBytes, number>
  readonly #layouts = new Map<string, Layout>()
  constructor(builder: Builder, schema: FlatSchema, blobs: ReadonlyMap<DeferredBytes, number>) {
    this.#builder = builder
    this.#schema = schema
    this.#blobs = blobs
  }

  table(name: string, value: FlatTable): number {
    const { slots, fields, widest } = this.#layout(name)
    const references = new Map<FlatField, number>()
    for (const field of fields) {
      const content = value[field.name]
      if (content !== undefined && !isDirect(field)) references.set(field, this.#reference(field, content))
    }
    const b = this.#builder
    b.startObject(slots)
    for (const field of widest) {
      const content = value[field.name]
      if (content === undefined) continue
      const reference = references.get(field)
      if (field.kind === 'union') {
        b.addFieldOffset(field.slot + 1, reference!, 0)
        b.addFieldInt8(field.slot, this.#schema.unions[field.type]!.indexOf((content as FlatUnion).type), 0)
      } else if (reference !== undefined) b.addFieldOffset(field.slot, reference, 0)
      else this.#direct(field, content)
    }
    return b.endObject()
  }

  #layout(name: string): Layout {
    let layout = this.#layouts.get(name)
    if (layout === undefined) {
      const fields = flatFields(this.#schema, name)
      const slots = fields.reduce((n, f) => Math.max(n, f.slot + (f.kind === 'union' ? 2 : 1)), 0)
      this.#layouts.set(name, (layout = { slots, fields, widest: [...fields].sort((x, y) => width(y) - width(x) || x.slot - y.slot) }))
    }
    return layout
  }

  #number(field: FlatField, value: unknown): number | bigint {
    if (field.kind === 'enum' && typeof value === 'string') {
      const at = this.#schema.enums[field.type]!.names.indexOf(value)
      if (at < 0) throw new FlatError('malformed', `${field.type} has no ${value}`)
      return at
    }
    return typeof value === 'boolean' ? Number(value) : (value as number | bigint)
  }

  #direct(field: FlatField, content: unknown): void {
    const value = this.#number(field, content)
    const b = this.#builder
    if (field.scalar === 'long' || field.scalar === 'ulong') b.addFieldInt64(field.slot, BigInt.asIntN(64, BigInt(value)), BigInt(field.initial))
    else if (field.scalar === 'float') b.addFieldFloat32(field.slot, Number(value), field.initial)
    else if (field.scalar === 'double') b.addFieldFloat64(field.slot, Number(value), field.initial)
    else if (scalarSize[field.scalar] === 4) b.addFieldInt32(field.slot, Number(value) | 0, field.initial)
    else if (scalarSize[field.scalar] === 2) b.addFieldInt16(field.slot, Number(value), field.initial)
    else b.addFieldInt8(field.slot, Number(value), field.initial)
  }

  #reference(field: FlatField, content: unknown): number {
    const b = this.#builder
    if (field.kind === 'blob') return -this.#blobs.get(content as DeferredBytes)!
    if (field.kind === 'union') return this.table((content as FlatUnion).type, (content as FlatUnion).value)
    if (!field.list) return field.kind === 'string' ? b.createString(content as string) : this.table(field.type, content as FlatTable)
    if (content instanceof Uint8Array) return b.createByteVector(content)
    const items = content as readonly unknown[]
    if (field.kind === 'string' || field.kind === 'table') {
      const places = items.map(item => (field.kind === 'string' ? b.createString(item as string) : this.table(field.type, item as FlatTable)))
      b.startVector(4, places.length, 4)
      for (const place of places.reverse()) b.addOffset(place)
      return b.endVector()
    }
    const size = scalarSize[field.scalar]
    b.startVector(size, items.length, size)
    for (let i = items.length - 1; i >= 0; i--) {
      const value = this.#number(field, items[i])
      if (size === 8 && field.scalar !== 'double') b.addInt64(BigInt.asIntN(64, BigInt(value)))
      else if (field.scalar === 'float') b.addFloat32(Number(value))
      else if (field.scalar === 'double') b.addFloat64(Number(value))
      else if (size === 4) b.addInt32(Number(value) | 0)
      else if (size === 2) b.addInt16(Number(value))
      else b.addInt8(Number(value))
    }
    return b.endVector()
  }
}

const isDirect = (field: FlatField): boolean => !field.list && (field.kind === 'scalar' || field.kind === 'enum')
const width = (field: FlatField): number => (isDirect(field) ? scalarSize[field.scalar] : 4)
