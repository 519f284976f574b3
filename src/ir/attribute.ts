import type { Graph } from './model.ts'
import type { Tensor } from './tensor.ts'
import type { Type } from './types.ts'

/** An int64: a number where that is exact, else a bigint. */
export type Int = number | bigint

export const toInt = (value: bigint | number): Int => (typeof value === 'number' || value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value))

/** An attribute of a node, with the type that ONNX gives it. Byte strings that are not UTF-8 stay bytes. */
export type Attribute =
  | { readonly type: 'int'; readonly value: Int }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string | Uint8Array }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'type'; readonly value: Type | undefined }
  | { readonly type: 'sparse'; readonly value: SparseTensor }
  | { readonly type: 'ints'; readonly value: readonly Int[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly (string | Uint8Array)[] }
  | { readonly type: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly type: 'graphs'; readonly value: readonly Graph[] }
  | { readonly type: 'types'; readonly value: readonly (Type | undefined)[] }
  | { readonly type: 'sparses'; readonly value: readonly SparseTensor[] }
  /** In a function's body: the attribute of this name of the node that calls the function. */
  | { readonly type: 'reference'; readonly value: string; readonly of: Exclude<Attribute['type'], 'reference'> }

export interface SparseTensor {
  readonly values: Tensor
  /** int64, [count] of flat indices or [count, rank]. */
  readonly indices: Tensor
  readonly shape: readonly number[]
}

export type Attributes = Readonly<Record<string, Attribute>>

/** What `attributes()` takes: numbers must say whether they are ints or floats, so floats are wrapped. */
export type AttributeInit = Attribute | number | bigint | string | boolean | readonly number[] | readonly string[] | Tensor | undefined

/** A float attribute, where a bare number would be an int. */
export const float = (value: number): Attribute => ({ type: 'float', value })
export const floats = (value: readonly number[]): Attribute => ({ type: 'floats', value })
export const ints = (value: readonly Int[]): Attribute => ({ type: 'ints', value })
export const graphAttribute = (value: Graph): Attribute => ({ type: 'graph', value })

/** Shorthand to attributes: numbers and booleans are ints, arrays ints or strings; undefined is left out. */
export function attributes(init: Readonly<Record<string, AttributeInit>>): Attributes {
  const out: Record<string, Attribute> = {}
  for (const [name, value] of Object.entries(init)) {
    if (value === undefined) continue
    if (typeof value === 'number' || typeof value === 'bigint') out[name] = { type: 'int', value }
    else if (typeof value === 'boolean') out[name] = { type: 'int', value: value ? 1 : 0 }
    else if (typeof value === 'string') out[name] = { type: 'string', value }
    else if (Array.isArray(value)) {
      out[name] = value.length > 0 && typeof value[0] === 'string' ? { type: 'strings', value: value as string[] } : { type: 'ints', value: value as number[] }
    } else if ('type' in value) out[name] = value as Attribute
    else out[name] = { type: 'tensor', value: value as Tensor }
  }
  return out
}
