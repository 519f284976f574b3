import type { Dim } from './dim.ts'
import { dimEquals, dimToString, unknownDim } from './dim.ts'
import type { DType } from './dtype.ts'

/** Sizes of the axes; `undefined` when even the rank is unknown. */
export type Shape = readonly Dim[] | undefined

export interface TensorType {
  readonly kind: 'tensor'
  readonly dtype: DType
  readonly shape: Shape
}
export interface SparseTensorType {
  readonly kind: 'sparse'
  readonly dtype: DType
  readonly shape: Shape
}
export interface SequenceType {
  readonly kind: 'sequence'
  readonly of: Type
}
export interface OptionalType {
  readonly kind: 'optional'
  readonly of: Type
}
export interface MapType {
  readonly kind: 'map'
  readonly key: DType
  readonly of: Type
}
/** What is known of a value. An unknown type is `undefined` where one is held. */
export type Type = TensorType | SparseTensorType | SequenceType | OptionalType | MapType

export const tensorType = (dtype: DType, shape: Shape): TensorType => ({ kind: 'tensor', dtype, shape })

/** The shape when every size is a number. */
export const staticShape = (shape: Shape): readonly number[] | undefined =>
  shape?.every(d => typeof d === 'number') ? (shape as readonly number[]) : undefined

/** Equal in form: same rank and every size provably the same. */
export const shapeEquals = (a: Shape, b: Shape): boolean =>
  a === undefined || b === undefined ? a === b : a.length === b.length && a.every((d, i) => dimEquals(d, b[i]!))

/** The same in form; two unknown types count as the same. */
export function typeEquals(a: Type | undefined, b: Type | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.kind === 'tensor' || a.kind === 'sparse') return b.kind === a.kind && a.dtype === b.dtype && shapeEquals(a.shape, b.shape)
  if (a.kind === 'map') return b.kind === 'map' && a.key === b.key && typeEquals(a.of, b.of)
  return b.kind === a.kind && typeEquals(a.of, b.of)
}

/** `[1, n, 2*n + 1]`; `[...]` when even the rank is unknown. */
export const shapeToString = (shape: Shape): string => (shape === undefined ? '[...]' : `[${shape.map(dimToString).join(', ')}]`)

/** `float32[1, 3, H, W]`, `sequence<int64[...]>`. */
export function typeToString(type: Type | undefined): string {
  if (type === undefined) return '?'
  if (type.kind === 'tensor') return type.dtype + shapeToString(type.shape)
  if (type.kind === 'sparse') return `sparse<${type.dtype}${shapeToString(type.shape)}>`
  if (type.kind === 'map') return `map<${type.key}, ${typeToString(type.of)}>`
  return `${type.kind}<${typeToString(type.of)}>`
}

export const elementCount = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

/** Above any tensor's: an element count would not fit 64 bits if every axis had 2 elements. */
const rankLimit = 64

/** A shape of this rank of which nothing else is known; undefined for a rank that no tensor has. */
export const unknownShape = (rank: number): Shape => (rank >= 0 && rank <= rankLimit ? Array.from({ length: rank }, unknownDim) : undefined)
