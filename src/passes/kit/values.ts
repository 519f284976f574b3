import type { Dim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { peekNumbers } from '../../ir/tensor.ts'
import { staticShape } from '../../ir/types.ts'
import { elementsOf } from '../../ops/infer.ts'
import { attributesOf } from '../../ops/meaning.ts'

export const dtypeOf = (v: Value | undefined): DType | undefined => (v?.type?.kind === 'tensor' ? v.type.dtype : undefined)
export const shapeOf = (v: Value | undefined): readonly Dim[] | undefined => (v?.type?.kind === 'tensor' ? v.type.shape : undefined)
export const sizesOf = (v: Value | undefined): readonly number[] | undefined => staticShape(shapeOf(v))
export const rankOf = (v: Value | undefined): number | undefined => shapeOf(v)?.length
export const isFloat = (v: Value | undefined): boolean => {
  const dtype = dtypeOf(v)
  return dtype !== undefined && kindOf(dtype) === 'float'
}

/** The tensor of a value that never changes. */
export const constantOf = (v: Value | undefined): Tensor | undefined => (v?.isConstant ? v.constant : undefined)

/** The elements of a small constant, or of a value whose elements inference found to be numbers. */
export function numbersOf(v: Value | undefined): readonly number[] | undefined {
  const held = peekNumbers(constantOf(v))
  if (held) return held
  const elements = elementsOf(v)
  return elements?.every(d => typeof d === 'number') ? (elements as readonly number[]) : undefined
}

/** A constant all of whose elements are this number (for 0: either sign, unless `exactly` +0 or -0 is asked for). */
export const isAll = (v: Value | undefined, number: number): boolean => {
  const tensor = constantOf(v)
  if (tensor === undefined) return false
  const numbers = peekNumbers(tensor)
  return numbers !== undefined && numbers.length > 0 && numbers.every(n => n === number)
}
/** A constant near this number, as float32 writes it. */
export const isNear = (v: Value | undefined, number: number): boolean => {
  const numbers = peekNumbers(constantOf(v))
  return numbers !== undefined && numbers.length === 1 && Math.abs(numbers[0]! - number) <= 1e-6 * Math.max(1, Math.abs(number))
}

export const intOf = (node: Node, name: string, otherwise: number): number => attributesOf(node).int(name, otherwise)
export const intsOf = (node: Node, name: string): readonly number[] | undefined => attributesOf(node).ints(name)
export const floatOf = (node: Node, name: string, otherwise: number): number => attributesOf(node).float(name, otherwise)
export const stringOf = (node: Node, name: string, otherwise: string): string => attributesOf(node).string(name, otherwise)

/** The perm of a Transpose of this rank. */
export const permOf = (node: Node, rank: number): readonly number[] =>
  intsOf(node, 'perm')?.map(p => (p < 0 ? p + rank : p)) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
export const isIdentityPerm = (perm: readonly number[]): boolean => perm.every((p, i) => p === i)
/** First `a`, then `b`. */
export const composePerms = (a: readonly number[], b: readonly number[]): number[] => b.map(i => a[i]!)
export const invertPerm = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i))

/** Whether a Conv or a pooling operator reads beyond its input. */
export const isPadded = (node: Node): boolean => (intsOf(node, 'pads') ?? []).some(p => p !== 0) || stringOf(node, 'auto_pad', 'NOTSET').startsWith('SAME')
