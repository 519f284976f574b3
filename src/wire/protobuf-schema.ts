import type { Field, Schema } from '../../proto/message.ts'

/** The protobuf implementations of C++ and Python stop at 100 nested messages, so no file that they take has more. */
export const depthLimit = 100

/**
 * The most that may remain of a file after its payloads are cut out. A graph of a million nodes takes about 200 MB; more
 * than this is no model but a file made to fill memory.
 */
export const skeletonLimit = 512 * 2 ** 20

/** What is wrong with the bytes, and where. */
export class WireError extends Error {
  readonly kind: 'truncated' | 'malformed' | 'limit'
  /** Position in the source. */
  readonly position: number
  constructor(kind: WireError['kind'], message: string, position: number) {
    super(message)
    this.kind = kind
    this.position = position
  }
}

export interface WireOptions {
  readonly schema: Schema
  /** `bytes` fields whose content may stay in the file, as `Message.field`. Packed numbers and unknown fields always may. */
  readonly defer: ReadonlySet<string>
  /** Messages that get `at`. */
  readonly located: ReadonlySet<string>
  /** Content of at most this many bytes is kept in memory. */
  readonly payloadLimit: number
  /** Most messages and listed numbers that a file may have. */
  readonly itemLimit: number
}

export type FieldIndex = ReadonlyMap<number, Field>

const indices = new WeakMap<Schema, Map<string, FieldIndex>>()

/** The fields of a message by number; undefined for a scalar type. */
export function fieldsOf(schema: Schema, name: string): FieldIndex | undefined {
  let known = indices.get(schema)
  if (known === undefined) {
    known = new Map(Object.entries(schema).map(([message, fields]) => [message, new Map(fields.map(f => [f.number, f]))]))
    indices.set(schema, known)
  }
  return known.get(name)
}
