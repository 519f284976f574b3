/** Bytes that may lie in a file still. */
export interface DeferredBytes {
  readonly byteLength: number
  /** Equal keys mean equal bytes. */
  readonly key?: string
  /** Where they lie, when they are an untouched stretch of a file. */
  readonly range?: { readonly source: RangeSource; readonly start: number; readonly end: number }
  load(): Promise<Uint8Array>
}

/** A readable source of ranges, as src/bytes has them. */
export interface RangeSource {
  readonly name: string
  readonly size: number
  read(start: number, end: number): Promise<Uint8Array>
}

/** Content of a `bytes` field, or the wire form of packed numbers: in memory when small. */
export type Payload = Uint8Array | DeferredBytes

/** A field that the schema does not know: its number and wire type, and its content (a group's includes its end tag). */
export interface UnknownField {
  readonly number: number
  readonly wire: number
  readonly content: Payload
}

/** What every decoded message has besides its fields. */
export interface Message {
  /** In the order of the file. */
  unknown?: UnknownField[]
  /** Where it lies in its file, start and end. */
  at?: readonly [number, number]
}

/** Kinds of a field. `packed` content is kept as it lies in the file: the concatenated wire forms of its numbers. */
export type Scalar = 'int64' | 'uint64' | 'int32' | 'enum' | 'float' | 'double' | 'string' | 'bytes'

export interface Field {
  readonly number: number
  readonly name: string
  /** A scalar or the name of a message. */
  readonly type: string
  readonly repeated?: true
  /** Repeated numbers kept as payloads. */
  readonly packed?: true
}

/** Messages by name, their fields in order of number. */
export type Schema = Readonly<Record<string, readonly Field[]>>
