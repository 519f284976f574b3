import { ByteBuffer } from 'flatbuffers'
import type { DeferredBytes } from '../../proto/message.ts'
import type { Bytes } from '../bytes/bytes.ts'
import type { FlatField, FlatSchema, FlatTable } from './flatbuffer.ts'
import { FlatError, flatFields, scalarSize } from './flatbuffer.ts'

export interface FlatReadOptions {
  /** Called once for each slot or union type that the schema does not know. */
  readonly unknown?: (table: string, what: string) => void
}

/** Tables within tables; the deepest legal model has fewer than ten. A chain of offsets could be endless. */
const depthLimit = 64
/** Read at once; metadata lies close together, so that few reads fetch all of it. */
const pageSize = 1 << 16
/** Pages kept. */
const pageLimit = 128

class Pages {
  readonly #source: Bytes
  readonly #pages = new Map<number, Uint8Array>()
  constructor(source: Bytes) {
    this.#source = source
  }
  /** The bytes of a stretch; a promise when they are not here yet. */
  read(start: number, length: number, what: string): Uint8Array | Promise<Uint8Array> {
    const end = start + length
    if (!(start >= 0 && length >= 0 && end <= this.#source.size)) throw new FlatError('truncated', `${what} at ${start} of ${length} bytes leaves the file`, Math.min(start, this.#source.size))
    const index = Math.floor(start / pageSize)
    if (end > (index + 1) * pageSize) return this.#source.read(start, end)
    const page = this.#pages.get(index)
    return page ? page.subarray(start - index * pageSize, end - index * pageSize) : this.#load(index).then(p => p.subarray(start - index * pageSize, end - index * pageSize))
  }
  async #load(index: number): Promise<Uint8Array> {
    const page = await this.#source.read(index * pageSize, Math.min(this.#source.size, (index + 1) * pageSize))
    if (this.#pages.size >= pageLimit) this.#pages.delete(this.#pages.keys().next().value!)
    this.#pages.set(index, page)
    return page
  }
}

/**
 * Decodes the root table of a file. Every offset is checked; blobs stay in the file. What is decoded is bounded by the
 * file's size, also where tables are shared. Throws `FlatError`.
 */
export async function decodeFlatbuffer<T>(source: Bytes, schema: FlatSchema, options: FlatReadOptions = {}): Promise<T> {
  return (await new Decoder(source, schema, options).root()) as T
}

class Decoder {
  readonly #source: Bytes
  readonly #schema: FlatSchema
  readonly #pages: Pages
  readonly #unknown: (table: string, what: string) => void
  #budget: number

  constructor(source: Bytes, schema: FlatSchema, options: FlatReadOptions) {
    this.#source = source
    this.#schema = schema
    this.#pages = new Pages(source)
    this.#budget = 4 * source.size + (1 << 20)
    const seen = new Set<string>()
    this.#unknown = (table, what) => {
      const key = `${table} ${what}`
      if (!seen.has(key)) options.unknown?.(table, what)
      seen.add(key)
    }
  }

  async root(): Promise<FlatTable> {
    const head = await this.#pages.read(0, 8, 'the header')
    const found = String.fromCharCode(...head.subarray(4, 8))
    if (found !== this.#schema.identifier) throw new FlatError('malformed', `the file identifier is ${JSON.stringify(found)}, not ${JSON.stringify(this.#schema.identifier)}`, 4)
    return this.#table(this.#schema.root, new ByteBuffer(head).readUint32(0), 0)
  }

  #spend(cost: number, at: number): void {
    this.#budget -= cost
    if (this.#budget < 0) throw new FlatError('limit', 'the tables hold many times what the file has room for', at)
  }

  async #table(name: string, at: number, depth: number): Promise<FlatTable> {
    if (depth > depthLimit) throw new FlatError('limit', `tables lie more than ${depthLimit} deep`, at)
    this.#spend(32, at)
    const start = this.#pages.read(at, 4, name)
    const vtableAt = at - new ByteBuffer(start instanceof Promise ? await start : start).readInt32(0)
    const sizes = this.#pages.read(vtableAt, 4, `the field list of ${name}`)
    const head = new ByteBuffer(sizes instanceof Promise ? await sizes : sizes)
    const [vtableSize, tableSize] = [head.readUint16(0), head.readUint16(2)]
    if (vtableSize < 4 || vtableSize % 2 !== 0 || tableSize < 4) throw new FlatError('malformed', `${name} has a field list of ${vtableSize} bytes`, vtableAt)
    const list = this.#pages.read(vtableAt, vtableSize, `the field list of ${name}`)
    const vtable = new ByteBuffer(list instanceof Promise ? await list : list)
    const content = this.#pages.read(at, tableSize, name)
    const table = new ByteBuffer(content instanceof Promise ? await content : content)
    this.#spend(tableSize, at)
    const place = (slot: number, size: number): number => {
      const entry = 4 + 2 * slot
      const offset = entry + 2 <= vtableSize ? vtable.readUint16(entry) : 0
      if (offset !== 0 && (offset < 4 || offset + size > tableSize)) throw new FlatError('malformed', `field ${slot} of ${name} lies outside its table`, at)
      return offset
    }
    const out: Record<string, unknown> = {}
    const known = new Set<number>()
    for (const field of flatFields(this.#schema, name)) {
      known.add(field.slot)
      if (field.kind === 'union') known.add(field.slot + 1)
      const direct = !field.list && (field.kind === 'scalar' || field.kind === 'enum')
      const offset = place(field.slot, field.kind === 'union' ? 1 : direct ? scalarSize[field.scalar] : 4)
      if (offset === 0) continue
      if (direct) {
        const value = this.#scalar(field, table, offset)
        if (value !== this.#initial(field)) out[field.name] = value
      } else if (field.kind === 'union') {
        const type = table.readUint8(offset)
        const member = this.#schema.unions[field.type]![type]
        const where = place(field.slot + 1, 4)
        if (type === 0 || where === 0) continue
        if (member === undefined) this.#unknown(name, `${field.name} of type ${type}`)
        else out[field.name] = { type: member, value: await this.#table(member, at + where + table.readUint32(where), depth + 1) }
      } else out[field.name] = await this.#reference(field, at + offset + table.readUint32(offset), depth)
    }
    for (let slot = 0; 4 + 2 * slot < vtableSize; slot++) {
      if (!known.has(slot) && vtable.readUint16(4 + 2 * slot) !== 0) this.#unknown(name, `field ${slot}`)
    }
    return out
  }

  #initial(field: FlatField): unknown {
    if (field.kind === 'enum') return this.#schema.enums[field.type]!.names[field.initial]
    return field.scalar === 'bool' ? field.initial === 1 : field.initial
  }

  #scalar(field: Pick<FlatField, 'kind' | 'scalar' | 'type'>, from: ByteBuffer, at: number): unknown {
    const value = readScalar(field.scalar, from, at)
    return field.kind === 'enum' ? (this.#schema.enums[field.type]!.names[value as number] ?? value) : value
  }

  /** What an offset in a table leads to. */
  async #reference(field: FlatField, at: number, depth: number): Promise<unknown> {
    if (!field.list && field.kind === 'table') return this.#table(field.type, at, depth + 1)
    if (!field.list && field.kind === 'string') return this.#string(at)
    const head = this.#pages.read(at, 4, `the vector ${field.name}`)
    const count = new ByteBuffer(head instanceof Promise ? await head : head).readUint32(0)
    const size = field.kind === 'blob' ? 1 : field.kind === 'scalar' || field.kind === 'enum' ? scalarSize[field.scalar] : 4
    const start = at + 4
    if (start + count * size > this.#source.size) throw new FlatError('truncated', `the vector ${field.name} of ${count} elements leaves the file`, at)
    if (field.kind === 'blob') return this.#blob(start, count)
    this.#spend(count * Math.max(8, size), at)
    const content = this.#pages.read(start, count * size, `the vector ${field.name}`)
    const bytes = content instanceof Promise ? await content : content
    if (field.scalar === 'ubyte' && field.kind === 'scalar') return bytes.slice()
    const from = new ByteBuffer(bytes)
    if (field.kind === 'scalar' || field.kind === 'enum') return Array.from({ length: count }, (_, i) => this.#scalar(field, from, i * size))
    const out: unknown[] = []
    for (let i = 0; i < count; i++) {
      const target = start + 4 * i + from.readUint32(4 * i)
      out.push(field.kind === 'string' ? await this.#string(target) : await this.#table(field.type, target, depth + 1))
    }
    return out
  }

  #blob(start: number, byteLength: number): DeferredBytes {
    const source = this.#source
    return { byteLength, range: { source, start, end: start + byteLength }, load: () => source.read(start, start + byteLength) }
  }

  async #string(at: number): Promise<string> {
    const head = this.#pages.read(at, 4, 'a string')
    const length = new ByteBuffer(head instanceof Promise ? await head : head).readUint32(0)
    this.#spend(length + 8, at)
    const bytes = this.#pages.read(at + 4, length, 'a string')
    return new TextDecoder().decode(bytes instanceof Promise ? await bytes : bytes)
  }
}

function readScalar(scalar: FlatField['scalar'], from: ByteBuffer, at: number): number | bigint | boolean {
  switch (scalar) {
    case 'bool': return from.readUint8(at) !== 0
    case 'byte': return from.readInt8(at)
    case 'ubyte': return from.readUint8(at)
    case 'short': return from.readInt16(at)
    case 'ushort': return from.readUint16(at)
    case 'int': return from.readInt32(at)
    case 'uint': return from.readUint32(at)
    case 'float': return from.readFloat32(at)
    case 'double': return from.readFloat64(at)
    case 'long': return narrow(from.readInt64(at))
    case 'ulong': return narrow(from.readUint64(at))
  }
}

const narrow = (value: bigint): number | bigint => (value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value)
