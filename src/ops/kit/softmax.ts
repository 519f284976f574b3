import type { Buffer } from '../../expr/expr.ts'
import { read, stage } from '../../expr/expr.ts'
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
  let powers: Buffer | undefined
  const exponentials = (): Buffer => (powers ??= stage(x.shape, wideFloat(x.dtype), (...i) => read(x, i).sub(readBroadcast(highest, i)).apply('exp')))
  return { x, axis, highest, exponentials, sums: () => reducedStage('sum', x.shape, wideFloat(x.dtype), [axis], (...i) => read(exponentials(), i)) }
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
