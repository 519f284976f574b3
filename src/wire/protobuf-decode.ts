import protobuf from 'protobufjs/minimal.js'
import type { DeferredBytes, Field, Message, Payload } from '../../proto/message.ts'
import type { Bytes } from '../bytes/bytes.ts'
import { concat } from '../bytes/memory.ts'
import type { Skeleton } from './protobuf-skim.ts'
import type { WireOptions } from './protobuf-schema.ts'
import { WireError, depthLimit, fieldsOf } from './protobuf-schema.ts'

type Decoded = Message & Record<string, unknown>

const wireOf: Readonly<Record<string, number>> = { int64: 0, uint64: 0, int32: 0, enum: 0, float: 5, double: 1 }

/** A stretch of a source that is read when it is asked for. */
export function deferredRange(source: Bytes, start: number, end: number): DeferredBytes {
  return { byteLength: end - start, range: { source, start, end }, load: () => source.read(start, end) }
}

/** Decodes a skeleton to plain objects. Numbers, strings and tags are protobufjs's work, payloads and limits ours. */
export function decode(skeleton: Skeleton, source: Bytes, root: string, options: WireOptions): Message {
  const reader = protobuf.Reader.create(skeleton.bytes)
  const { cuts } = skeleton
  let cut = 0
  let shift = 0
  const here = (): number => reader.pos + shift

  const guarded = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      if (error instanceof WireError) throw error
      throw new WireError(error instanceof RangeError ? 'truncated' : 'malformed', error instanceof Error ? error.message : String(error), Math.min(here(), source.size))
    }
  }
  const content = (length: number): Payload => {
    const next = cuts[cut]
    if (next !== undefined && next.position === reader.pos && next.length === length && next.start === here()) {
      cut++
      shift += length
      return deferredRange(source, next.start, next.start + length)
    }
    const start = reader.pos
    reader.skip(length)
    return skeleton.bytes.slice(start, reader.pos)
  }
  const scalar = (type: string): unknown => {
    if (type === 'int64') return exact(reader.int64())
    if (type === 'uint64') return exact(reader.uint64())
    if (type === 'float') return reader.float()
    if (type === 'double') return reader.double()
    return reader.int32()
  }
  /** The wire forms of numbers that were written one by one, from the first one's, whose tag has been read. */
  const loose = (field: Field, tag: number, end: number): Uint8Array => {
    const numbers: Uint8Array[] = []
    for (;;) {
      const start = reader.pos
      scalar(field.type)
      numbers.push(skeleton.bytes.subarray(start, reader.pos))
      const back = reader.pos
      if (here() >= end || reader.uint32() !== tag) {
        reader.pos = back
        return concat(numbers).slice()
      }
    }
  }

  let items = 0
  const count = (): void => {
    if (++items > options.itemLimit) throw new WireError('limit', `more than ${options.itemLimit} messages and numbers`, here())
  }

  const message = (name: string, end: number, depth: number, into: Decoded): Decoded => {
    count()
    if (depth > depthLimit) throw new WireError('limit', `more than ${depthLimit} nested messages`, here())
    const fields = fieldsOf(options.schema, name)!
    if (options.located.has(name)) into.at = [here(), end]
    while (here() < end) {
      const start = here()
      const tag = reader.uint32()
      const wire = tag & 7
      const field = fields.get(tag >>> 3)
      let length = 0
      if (wire === 2) {
        length = Number(exact(reader.uint64()))
        if (length > end - here()) throw new WireError('truncated', `a field of ${length} bytes runs over its message, which ends at byte ${end}`, start)
      }
      if (field === undefined || !takes(field, wire, options)) {
        if (wire !== 0 && wire !== 1 && wire !== 2 && wire !== 5) throw new WireError('malformed', `wire type ${wire} is not used by this format`, start)
        const from = reader.pos
        if (wire !== 2) reader.skipType(wire)
        ;(into.unknown ??= []).push({ number: tag >>> 3, wire, content: wire === 2 ? content(length) : skeleton.bytes.slice(from, reader.pos) })
      } else if (field.packed) {
        ;(into[field.name] as Payload[]).push(wire === 2 ? content(length) : loose(field, tag, end))
      } else if (field.type === 'string' || field.type === 'bytes') {
        const value = field.type === 'string' ? text(length) : content(length)
        if (field.repeated) (into[field.name] as unknown[]).push(value)
        else into[field.name] = value
      } else if (field.type in wireOf) {
        if (!field.repeated) into[field.name] = scalar(field.type)
        else if (wire !== 2) {
          count()
          ;(into[field.name] as unknown[]).push(scalar(field.type))
        } else {
          const list = into[field.name] as unknown[]
          const stop = reader.pos + length
          while (reader.pos < stop) {
            count()
            list.push(scalar(field.type))
          }
          if (reader.pos !== stop) throw new WireError('malformed', 'a packed list ends inside a number', start)
        }
      } else {
        const old = field.repeated ? undefined : (into[field.name] as Decoded | undefined)
        const value = message(field.type, here() + length, depth + 1, old ?? emptyMessage(options.schema, field.type))
        if (field.repeated) (into[field.name] as unknown[]).push(value)
        else into[field.name] = value
      }
      if (here() > end) throw new WireError('truncated', `a field runs over its message, which ends at byte ${end}`, start)
    }
    return into
  }
  const text = (length: number): string => {
    const start = reader.pos
    reader.skip(length)
    return length === 0 ? '' : protobuf.util.utf8.read(skeleton.bytes, start, reader.pos)
  }
  return guarded(() => message(root, skeleton.size, 1, emptyMessage(options.schema, root)))
}

function takes(field: Field, wire: number, { schema }: WireOptions): boolean {
  const own = wireOf[field.type]
  if (own !== undefined) return wire === own || (field.repeated === true && wire === 2)
  return wire === 2 && (field.type === 'string' || field.type === 'bytes' || fieldsOf(schema, field.type) !== undefined)
}

/** A message with nothing in it but its empty lists. */
export function emptyMessage(schema: WireOptions['schema'], name: string): Decoded {
  const out: Decoded = {}
  for (const field of schema[name]!) if (field.repeated) out[field.name] = []
  return out
}

/** A number where that is exact, else a bigint. */
function exact(value: number | { low: number; high: number; unsigned: boolean }): number | bigint {
  if (typeof value === 'number') return value
  const high = value.unsigned ? value.high >>> 0 : value.high
  const near = high * 2 ** 32 + (value.low >>> 0)
  return Number.isSafeInteger(near) ? near : (BigInt(high) << 32n) + BigInt(value.low >>> 0)
}
