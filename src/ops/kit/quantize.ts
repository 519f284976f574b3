import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read } from '../../expr/expr.ts'
import type { DType } from '../../ir/dtype.ts'
import { bitsOf, kindOf } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import { elementCount } from '../../ir/types.ts'
import type { AttributeReader, ComputeContext } from '../operator.ts'
import type { Builder } from '../builder.ts'
import { shapeOf } from './algebra.ts'
import { writtenOut } from './written-out.ts'

/** Least and greatest value of an integer dtype of up to 32 bits. */
export function rangeOf(dtype: DType): readonly [number, number] {
  const bits = bitsOf(dtype)
  return kindOf(dtype) === 'int' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
}

/** For `computeRefuses`: floats of 8 bits or less are cast on the host. */
export const smallFloat = (dtype: DType | undefined): string | undefined =>
  dtype !== undefined && kindOf(dtype) === 'float' && bitsOf(dtype) <= 8 ? `${dtype} is converted by Cast` : undefined

/** Rounds to the nearest integer, even at halves, within the range of a dtype. */
export const saturated = (e: Expr, dtype: DType): Expr => {
  const [low, high] = rangeOf(dtype)
  return e.apply('round').clamp(low, high).to('int')
}

/**
 * Reads a scale or zero point at an element of the tensor it belongs to: one for all, one for each place of `axis`, or
 * one for each block along it (ONNX, QuantizeLinear).
 */
export function readGrain(k: ComputeContext, grain: Buffer, shape: readonly number[], i: readonly Expr[], attributes: AttributeReader): Expr {
  if (elementCount(grain.shape) === 1) return read(grain, grain.shape.map(() => 0))
  const given = attributes.int('axis', 1)
  const axis = given < 0 ? given + shape.length : given
  if (axis < 0 || axis >= shape.length) k.fail(`axis ${given} of rank ${shape.length}`)
  const blocked = shape.length === 1 && attributes.int('block_size', 0) > 0
  if (grain.shape.length === 1 && !blocked) return grain.shape[0] === shape[axis] ? read(grain, [i[axis]!]) : k.fail(`${grain.shape[0]} scales for an axis of size ${shape[axis]}`)
  const block = attributes.int('block_size', 0) || Math.ceil(shape[axis]! / grain.shape[axis]!)
  if (grain.shape.length !== shape.length || grain.shape.some((n, d) => n !== (d === axis ? Math.ceil(shape[d]! / block) : shape[d]))) {
    k.fail(`scales of [${grain.shape.join()}] for blocks of ${block} of [${shape.join()}]`)
  }
  return read(grain, i.map((v, d) => (d === axis ? v.floordiv(block) : v)))
}

/**
 * The scale of a tensor of floats of 8 bits or less, which Cast converts, in a form that broadcasts with it; undefined
 * where too little is known of the shapes. Zero points of such tensors are 0.
 */
export function spreadScale(b: Builder, x: Value | undefined, scale: Value | undefined, attributes: AttributeReader): Value | undefined {
  const [shape, grain] = [shapeOf(x), shapeOf(scale)]
  if (!shape || !grain || !scale) return undefined
  if (grain.length === 0) return scale
  if (grain.every(n => n === 1)) return b.op('Reshape', [scale, b.ints([])])
  const given = attributes.int('axis', 1)
  const axis = given < 0 ? given + shape.length : given
  const block = attributes.int('block_size', 0)
  if (axis < 0 || axis >= shape.length) return undefined
  const rest = shape.length - 1 - axis
  if (grain.length === 1 && (block === 0 || shape.length > 1)) return rest > 0 ? b.op('Unsqueeze', [scale, b.ints(Array.from({ length: rest }, (_, i) => i + 1))]) : scale
  const [size, count] = [shape[axis], grain[axis]]
  if (grain.length !== shape.length || typeof size !== 'number' || typeof count !== 'number') return undefined
  const each = block || Math.ceil(size / count)
  return b.op('Gather', [scale, b.ints(Array.from({ length: writtenOut(size) }, (_, i) => Math.floor(i / each)))], { axis })
}

/** The zero point of a matrix or of weights at a row, column or channel; 0 without one. */
export function zeroAt(zero: Buffer | undefined, place: Expr): Expr {
  if (zero === undefined) return constant(0, 'int')
  return elementCount(zero.shape) === 1 ? read(zero, zero.shape.map(() => 0)) : read(zero, [place])
}

/** True of a scale that is one number, whatever its rank; opset 13 brought others. */
export const isOneScale = (scale: Value | undefined): boolean => shapeOf(scale)?.every(d => d === 1) ?? false
