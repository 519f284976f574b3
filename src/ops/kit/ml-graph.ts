import type { DType } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { bytesOf, inlineTensor } from '../../ir/tensor.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { dtypeOf, shapeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'

/** Stops with a message that names the node. */
export function refuse(node: Node, message: string): never {
  throw computeInvalid(node, message)
}

/** Another dtype, where it is another. */
export const castTo = (b: Builder, x: Value, dtype: DType): Value => (dtypeOf(x) === dtype ? x : b.op('Cast', [x], { to: numberOfDType(dtype) }))

/** The first input as floats to reckon with: doubles stay, all else becomes float32, as the outputs of ai.onnx.ml are. */
export const asFloats = (b: Builder, x: Value): Value => (dtypeOf(x) === 'float64' ? x : castTo(b, x, 'float32'))

/** Numbers of an attribute as a constant of a float dtype. */
export const floatsConstant = (b: Builder, dtype: DType, values: readonly number[], shape: readonly number[] = [values.length]): Value =>
  b.constant(inlineTensor(dtype, shape, bytesOf(dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values))))

/** A tensor of one axis as one row. Undefined while the rank is not known. */
export function asRows(b: Builder, x: Value): Value | undefined {
  const rank = shapeOf(x)?.length
  return rank === undefined ? undefined : rank === 1 ? b.op('Unsqueeze', [x, b.ints([0])]) : x
}

/** X times the transposed matrix of the attribute `coefficients`, plus `intercepts`: [rows, targets]. */
export function linearScores(b: Builder, rows: Value, targets: number, coefficients: readonly number[], intercepts: readonly number[]): Value {
  const dtype = dtypeOf(rows)!
  const features = Math.floor(coefficients.length / targets)
  const matrix = Float64Array.from(coefficients, (_, i) => coefficients[(i % targets) * features + Math.floor(i / targets)]!)
  const product = b.op('MatMul', [rows, floatsConstant(b, dtype, Array.from(matrix), [features, targets])])
  return intercepts.length > 0 ? b.op('Add', [product, floatsConstant(b, dtype, intercepts)]) : product
}

/** The scores of rows with several targets after a transform; undefined for transforms that take no simple operator. */
export function transformed(b: Builder, scores: Value, by: string): Value | undefined {
  if (by === 'NONE') return scores
  return by === 'SOFTMAX' ? b.op('Softmax', [scores], { axis: -1 }) : by === 'LOGISTIC' ? b.op('Sigmoid', [scores]) : undefined
}
