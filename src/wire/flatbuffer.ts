/**
 * FlatBuffers by tables instead of generated code: a schema is data, and tables are plain objects. Fields that are absent
 * or have their default are left out of the objects; enumerators are names, or numbers where the schema lacks one.
 */
export interface FlatSchema {
  /** The root table. */
  readonly root: string
  /** Four letters at byte 4 of a file. */
  readonly identifier: string
  /** Storage type and names; the position of a name is its value. */
  readonly enums: Readonly<Record<string, { readonly base: string; readonly names: readonly string[] }>>
  /** Table names; the position is the type's value, 0 is NONE. */
  readonly unions: Readonly<Record<string, readonly string[]>>
  /** Fields in slot order, `name:type=default`, `-` for a slot that is no longer used. `[T]` is a vector, `blob` a byte vector that stays in the file. */
  readonly tables: Readonly<Record<string, string>>
}

export type FlatTable = Readonly<Record<string, unknown>>
/** A union's value. */
export interface FlatUnion {
  readonly type: string
  readonly value: FlatTable
}

export type FlatKind = 'scalar' | 'enum' | 'string' | 'table' | 'union' | 'blob'
export type FlatScalar = 'bool' | 'byte' | 'ubyte' | 'short' | 'ushort' | 'int' | 'uint' | 'long' | 'ulong' | 'float' | 'double'

export interface FlatField {
  readonly name: string
  /** Position in the table's vtable; a union's type stands there, its table in the next. */
  readonly slot: number
  readonly kind: FlatKind
  readonly list: boolean
  /** Scalar type, also of an enum. */
  readonly scalar: FlatScalar
  /** Name of the table, union or enum. */
  readonly type: string
  readonly initial: number
}

/** Bytes of a scalar in a table or vector. */
export const scalarSize: Readonly<Record<FlatScalar, 1 | 2 | 4 | 8>> = { bool: 1, byte: 1, ubyte: 1, short: 2, ushort: 2, int: 4, uint: 4, long: 8, ulong: 8, float: 4, double: 8 }

/** What is wrong with a file's bytes, or with objects that are to be written; `position` is a place in the file. */
export class FlatError extends Error {
  readonly kind: 'truncated' | 'malformed' | 'limit' | 'size'
  readonly position: number
  constructor(kind: FlatError['kind'], message: string, position = 0) {
    super(message)
    this.kind = kind
    this.position = position
  }
}

const compiled = new WeakMap<FlatSchema, Map<string, readonly FlatField[]>>()

/** The fields of a table. */
export function flatFields(schema: FlatSchema, table: string): readonly FlatField[] {
  let tables = compiled.get(schema)
  if (!tables) compiled.set(schema, (tables = new Map()))
  let fields = tables.get(table)
  if (!fields) tables.set(table, (fields = compile(schema, schema.tables[table]!)))
  return fields
}

function compile(schema: FlatSchema, text: string): readonly FlatField[] {
  const fields: FlatField[] = []
  let slot = 0
  for (const part of text === '' ? [] : text.split(' ')) {
    if (part !== '-') {
      const [, name, open, type, initial] = /^(\w+):(\[?)(\w+)\]?(?:=(.*))?$/.exec(part) as unknown as [string, string, string, string, string?]
      const values = schema.enums[type]
      const kind: FlatKind = values ? 'enum' : type in scalarSize ? 'scalar' : type in schema.unions ? 'union' : type === 'string' || type === 'blob' ? type : 'table'
      const start = initial === undefined ? 0 : values ? values.names.indexOf(initial) : initial === 'true' ? 1 : Number(initial)
      fields.push({ name, slot, kind, list: open !== '', scalar: (values?.base ?? type) as FlatScalar, type, initial: start })
      if (kind === 'union') slot++
    }
    slot++
  }
  return fields
}
