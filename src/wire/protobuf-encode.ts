import protobuf from 'protobufjs/minimal.js'
import type { Field, Message, Payload, Schema } from '../../proto/message.ts'
import { invariant } from '../diag/diagnostic.ts'
import { fieldsOf } from './protobuf-schema.ts'

type Encodable = Message & Readonly<Record<string, unknown>>

export interface EncodeOptions {
  readonly schema: Schema
  /** What to write instead of a message; asked for every message once or more. */
  readonly substitute?: (message: Message) => Message
}

const wireOf: Readonly<Record<string, number>> = { int64: 0, uint64: 0, int32: 0, enum: 0, float: 5, double: 1 }
const flushSize = 2 ** 20
/** Contents from this size on are handed on as they are, not gathered. */
const copyLimit = 2 ** 16
const copyStep = 4 * 2 ** 20

function varintSize(value: number | bigint): number {
  if (value < 0) return 10
  if (typeof value === 'bigint' && value > 2n ** 53n) return Math.ceil(value.toString(2).length / 7)
  let size = 1
  for (let rest = Number(value); rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

function scalarSize(type: string, value: unknown): number {
  if (type === 'float') return 4
  if (type === 'double') return 8
  if (type === 'string') return delimited(protobuf.util.utf8.length(value as string))
  if (type === 'bytes') return delimited((value as Payload).byteLength)
  return varintSize(type === 'uint64' ? BigInt.asUintN(64, BigInt(value as number)) : (value as number | bigint))
}

const delimited = (size: number): number => varintSize(size) + size
const lengthOf = (chunks: readonly Payload[]): number => chunks.reduce((n, c) => n + c.byteLength, 0)

/** An encoded message: its size, and its bytes in pieces, contents that lie elsewhere among them. */
export interface Encoded {
  readonly size: number
  pieces(): Generator<Payload>
}

/**
 * Encodes a message, fields in order of number and unknown fields last; lists marked packed are written packed. Sizes
 * are known before anything is read.
 */
export function encodeMessage(message: Message, root: string, { schema, substitute = m => m }: EncodeOptions): Encoded {
  const sizes = new Map<Message, number>()
  const own = (message: Message): Encodable => substitute(message) as Encodable

  const eachField = (m: Encodable, name: string, use: (field: Field, value: unknown) => void): void => {
    for (const field of schema[name]!) {
      const value = m[field.name]
      if (value === undefined) continue
      if (field.packed) {
        if (lengthOf(value as Payload[]) > 0) use(field, value)
      } else if (field.repeated) for (const one of value as unknown[]) use(field, one)
      else use(field, value)
    }
  }
  const sizeOf = (outer: Message, name: string): number => {
    const known = sizes.get(outer)
    if (known !== undefined) return known
    const m = own(outer)
    let size = 0
    eachField(m, name, (field, value) => {
      size += varintSize(field.number * 8)
      if (field.packed) size += delimited(lengthOf(value as Payload[]))
      else if (fieldsOf(schema, field.type)) size += delimited(sizeOf(value as Message, field.type))
      else size += scalarSize(field.type, value)
    })
    for (const { number, wire, content } of m.unknown ?? []) size += varintSize(number * 8) + (wire === 2 ? delimited(content.byteLength) : content.byteLength)
    sizes.set(outer, size)
    return size
  }

  function* pieces(): Generator<Payload> {
    const w = protobuf.Writer.create()
    function* flush(): Generator<Payload> {
      if (w.len > 0) yield w.finish()
      w.reset()
    }
    function* put(content: Payload): Generator<Payload> {
      if (content.byteLength === 0) return
      yield* flush()
      yield content
    }
    const long = (value: number | bigint): never => {
      const bits = BigInt.asUintN(64, BigInt(value))
      return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: true } as never
    }
    function* write(outer: Message, name: string): Generator<Payload> {
      const m = own(outer)
      for (const field of schema[name]!) {
        const value = m[field.name]
        if (value === undefined) continue
        if (field.packed) {
          const length = lengthOf(value as Payload[])
          if (length === 0) continue
          w.uint32(field.number * 8 + 2).uint64(length)
          for (const chunk of value as Payload[]) yield* put(chunk)
          continue
        }
        for (const one of field.repeated ? (value as unknown[]) : [value]) {
          if (fieldsOf(schema, field.type)) {
            w.uint32(field.number * 8 + 2).uint64(sizeOf(one as Message, field.type))
            yield* write(one as Message, field.type)
          } else if (field.type === 'bytes') {
            const content = one as Payload
            w.uint32(field.number * 8 + 2)
            if (content instanceof Uint8Array && content.byteLength < copyLimit) w.bytes(content)
            else {
              w.uint64(content.byteLength)
              yield* put(content)
            }
          } else {
            w.uint32(field.number * 8 + (wireOf[field.type] ?? 2))
            if (field.type === 'string') w.string(one as string)
            else if (field.type === 'float') w.float(one as number)
            else if (field.type === 'double') w.double(one as number)
            else w.uint64(long(one as number))
          }
        }
        if (w.len > flushSize) yield* flush()
      }
      for (const { number, wire, content } of m.unknown ?? []) {
        w.uint32(number * 8 + wire)
        if (wire === 2) w.uint64(content.byteLength)
        yield* put(content)
      }
    }
    yield* write(message, root)
    yield* flush()
  }
  return { size: sizeOf(message, root), pieces }
}

/** Writes a content: from memory, from its file in steps of a few megabytes, or as it loads. */
export async function writePayload(content: Payload, out: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  if (content instanceof Uint8Array) return out(content)
  if (content.range) {
    const { source, start, end } = content.range
    for (let at = start; at < end; at += copyStep) await out(await source.read(at, Math.min(end, at + copyStep)))
    return
  }
  const bytes = await content.load()
  invariant(bytes.byteLength === content.byteLength, `a content of ${content.byteLength} bytes came as ${bytes.byteLength}`)
  await out(bytes)
}

/** Writes all of an encoded message, one content in memory at a time. */
export async function writeEncoded(encoded: Encoded, out: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  let written = 0
  for (const piece of encoded.pieces()) {
    await writePayload(piece, out)
    written += piece.byteLength
  }
  invariant(written === encoded.size, `a message of ${encoded.size} bytes came out as ${written}`)
}
