import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, stage } from '../../expr/expr.ts'
import type { ComputeContext, InferContext, Operator, VersionStep } from '../operator.ts'
import { shapeOf } from './algebra.ts'
import { axisOf } from './axes.ts'
import { readBroadcast } from './broadcast.ts'
import { reducedStage, wideFloat } from './reduce.ts'
import { become } from './versions.ts'

/** Buffers that Softmax and its kin are made of: the maximum along the axis and the sum of exponentials of the differences from it. */
export interface SoftmaxParts {
  readonly x: Buffer
  readonly axis: number
  readonly highest: Buffer
  exponentials(): Buffer
  sums(): Buffer
}

function partsOf(k: ComputeContext): SoftmaxParts {
  const x = k.input(0)
  const axis = axisOf(k, k.attributes.int('axis', -1), x.shape.length)
  const highest = reducedStage('max', x.shape, x.dtype, [axis], (...i) => read(x, i))
  const below = (i: readonly Expr[]): Expr => read(x, i).sub(readBroadcast(highest, i))
  const rounded = wideFloat(x.dtype) === x.dtype ? undefined : stage(x.shape, x.dtype, (...i) => below(i))
  const difference = (i: readonly Expr[]): Expr => (rounded ? read(rounded, i) : below(i))
  let powers: Buffer | undefined
  const exponentials = (): Buffer =>
    (powers ??= stage(x.shape, x.dtype, (...i) => difference(i).apply('exp')))
  return { x, axis, highest, exponentials, sums: () => rowSums(exponentials(), axis) }
}

/** Rows of bfloat16 are added one element at a time up to this length: beyond it the sums would lose what is added. */
const steppedRow = 8

/**
 * Sums along an axis that stays, with size 1. Every step of Softmax's function body rounds to the dtype of its input. What
 * ONNX leaves open is the sum itself: float16 is summed in float32 and rounded once; bfloat16 is rounded after each addition,
 * as the reference evaluator does it, where rows are short.
 */
export function rowSums(x: Buffer, axis: number): Buffer {
  const size = x.shape[axis]!
  if (x.dtype !== 'bfloat16' || size > steppedRow || size < 2) return reducedStage('sum', x.shape, x.dtype, [axis], (...i) => read(x, i))
  const shape = x.shape.map((n, d) => (d === axis ? 1 : n))
  const at = (i: readonly Expr[], j: number): Expr => read(x, i.map((e, d) => (d === axis ? constant(j, 'int') : e)))
  let total = stage(shape, x.dtype, (...i) => at(i, 0))
  for (let j = 1; j < size; j++) {
    const before = total
    total = stage(shape, x.dtype, (...i) => read(before, i).add(at(i, j)))
  }
  return total
}

/**
 * Before opset 13 these worked on the input flattened to two axes at `axis` (1 unless given). Where nothing but axes of
 * size 1 follows the axis, that is the same; else Flatten and Reshape say it.
 */
function flattenFirst(step: VersionStep): void {
  const { node, b } = step
  const axis = step.attributes.int('axis', 1)
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  const at = shape && axis < 0 ? axis + shape.length : axis
  if (shape && at >= 0 && at < shape.length && shape.slice(at + 1).every(d => d === 1)) return step.setAttribute('axis', { type: 'int', value: at })
  const rows = b.op('Flatten', [x], { axis })
  become(step, b.op('Reshape', [b.op(node.op, [rows], { axis: -1 }), b.op('Shape', [x])]))
}

/** The way back: along the last axis both mean the same; else that axis is brought to the end and taken back. */
function lastAxis(step: VersionStep): void {
  const { node, b } = step
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  if (!shape) return step.refuse('its input has no known rank')
  const last = shape.length - 1
  const axis = axisOf({ fail: step.refuse }, step.attributes.int('axis', -1), shape.length)
  if (shape.slice(axis + 1).every(d => d === 1)) return step.setAttribute('axis', { type: 'int', value: axis })
  const perm = shape.map((_, d) => (d === axis ? last : d === last ? axis : d))
  become(step, b.op('Transpose', [b.op(node.op, [b.op('Transpose', [x], { perm })], { axis: last })], { perm }))
}

/** Softmax, LogSoftmax or Hardmax: shape and dtype stay. */
export const softmaxOperator = (name: string, compute: (parts: SoftmaxParts, k: ComputeContext) => Buffer): Operator => ({
  name,
  infer(ctx: InferContext) {
    const shape = ctx.shape(0)
    if (shape) axisOf(ctx, ctx.attributes.int('axis', -1), shape.length)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute: k => [compute(partsOf(k), k)],
  upgrade: { 13: flattenFirst },
  downgrade: { 13: lastAxis },
})
