import type { Dim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { kindOf, bitsOf } from '../../ir/dtype.ts'
import { unknownDim } from '../../ir/dim.ts'
import type { ComputeContext, InferContext, VersionStep } from '../operator.ts'
import { ints } from '../../ir/attribute.ts'
import { staticShape } from '../../ir/types.ts'
import { shapeOf } from './algebra.ts'
import type { Window } from './window.ts'
import { autoPadOf, perAxis, windowCounts, windowOf } from './window.ts'

/** Infers a pooling operator with a window; its indices too, where there are any. */
export function inferPool(ctx: InferContext): void {
  const shape = ctx.shape(0)
  const kernel = ctx.attributes.ints('kernel_shape') ?? ctx.fail('attribute kernel_shape is missing')
  let out: readonly Dim[] | undefined
  if (shape !== undefined) {
    if (shape.length !== kernel.length + 2) ctx.fail(`kernel_shape [${kernel.join()}] for an input of rank ${shape.length}`)
    out = [...shape.slice(0, 2), ...windowCounts(ctx, shape.slice(2), kernel, ctx.attributes.int('ceil_mode', 0) === 1)]
  } else out = [unknownDim(), unknownDim(), ...kernel.map(() => unknownDim())]
  ctx.output(0, ctx.dtype(0), out)
  if (ctx.hasOutput(1)) ctx.output(1, 'int64', out)
}

/** The windows of a pooling operator. */
export const poolWindow = (k: ComputeContext, image: readonly number[]): Window =>
  windowOf(k, image, k.attributes.ints('kernel_shape')!, k.outputShape(0).slice(2))

/** Less than or equal to every value of a dtype. */
export function leastOf(dtype: DType): number {
  const kind = kindOf(dtype)
  return kind === 'float' ? -Infinity : kind === 'int' ? -(2 ** (bitsOf(dtype) - 1)) : 0
}

/** Infers a pooling operator over the whole image. */
export function inferGlobalPool(ctx: InferContext): void {
  const shape = ctx.shape(0)
  if (shape !== undefined && shape.length < 2) ctx.fail(`its input has rank ${shape.length}`)
  ctx.output(0, ctx.dtype(0), shape?.map((d, i) => (i < 2 ? d : 1)))
}

/** `p` was a float in opset 1. */
export function powerToInt(step: VersionStep): void {
  const p = step.node.attributes['p']
  if (p?.type !== 'float') return
  if (!Number.isInteger(p.value)) step.refuse(`p ${p.value} is no integer`)
  step.setAttribute('p', { type: 'int', value: p.value })
}
/** The other way. */
export function powerToFloat(step: VersionStep): void {
  step.setAttribute('p', { type: 'float', value: step.attributes.int('p', 2) })
}

/**
 * A step back over a version that changed how windows over the end are counted (`since` 22), or brought them: where the
 * older version would count otherwise, pads at the end say what `ceil_mode` did.
 */
export const explicitEnd = (since: 'changed' | 'brought'): ((step: VersionStep) => void) => step => {
  const { node, attributes } = step
  if (attributes.int('ceil_mode', 0) === 0) return since === 'brought' ? step.setAttribute('ceil_mode', undefined) : undefined
  const [image, counts] = [node.inputs[0], node.outputs[0]].map(v => staticShape(shapeOf(v))?.slice(2))
  const kernel = attributes.ints('kernel_shape')
  if (!image || !counts || !kernel) return since === 'brought' ? step.refuse('ceil_mode came later, and the sizes that would do without are not known') : undefined
  const k = { attributes, fail: step.refuse }
  const mode = autoPadOf(k)
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') return since === 'brought' ? step.setAttribute('ceil_mode', undefined) : undefined
  const rank = image.length
  const [strides, dilations] = [perAxis(k, 'strides', rank, 1), perAxis(k, 'dilations', rank, 1)]
  const pads = (mode === 'VALID' ? undefined : attributes.ints('pads')) ?? Array.from({ length: 2 * rank }, () => 0)
  const extent = kernel.map((n, a) => (n - 1) * dilations[a]! + 1)
  const older = image.map((n, a) => Math.ceil((n + pads[a]! + pads[a + rank]! - extent[a]!) / strides[a]!) + 1)
  if (since === 'changed' && older.every((n, a) => n === counts[a])) return
  const ends = counts.map((n, a) => Math.max(0, (n - 1) * strides[a]! + extent[a]! - image[a]! - pads[a]!))
  if (attributes.int('count_include_pad', 0) !== 0 && ends.some((n, a) => n !== pads[a + rank])) step.refuse('windows over the end came later')
  step.setAttribute('ceil_mode', undefined)
  step.setAttribute('auto_pad', undefined)
  step.setAttribute('pads', ints([...pads.slice(0, rank), ...ends]))
}
