import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read } from '../../expr/expr.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { shapeOf } from './algebra.ts'
import { readBroadcast } from './broadcast.ts'
import { floatType, reducedStage, wideFloat } from './reduce.ts'

/** Buffers of a reduced shape whose reduced axes have size 1. */
export interface Moments {
  readonly mean: Buffer
  readonly variance: Buffer
  /** 1 / sqrt(variance + epsilon). */
  inverse(epsilon: number): Buffer
  /** (x - mean) at an index of x. */
  centred(index: readonly Expr[]): Expr
}

/** Mean and population variance over `axes`, in two passes; narrow floats widen to float32. */
export function momentsOf(x: Buffer, axes: readonly number[]): Moments {
  const [wide, type] = [wideFloat(x.dtype), floatType(x.dtype)]
  const count = axes.reduce((n, a) => n * x.shape[a]!, 1)
  const mean = reducedStage('sum', x.shape, wide, axes, (...i) => read(x, i).to(type), s => s.div(count))
  const centred = (i: readonly Expr[]): Expr => read(x, i).to(type).sub(readBroadcast(mean, i).to(type))
  const square = (...i: Expr[]): Expr => centred(i).mul(centred(i))
  const variance = reducedStage('sum', x.shape, wide, axes, square, s => s.div(count))
  const inverse = (epsilon: number): Buffer => reducedStage('sum', x.shape, wide, axes, square, s => reciprocalRoot(s.div(count).add(epsilon)))
  return { mean, variance, inverse, centred }
}

/** 1 / sqrt(x) */
export const reciprocalRoot = (x: Expr): Expr => constant(1, x.type).div(x.apply('sqrt'))

/** The spatial axes of an input whose first two are batch and channels. */
export const spatialAxes = (rank: number): number[] => Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 2)

/** A value of one axis, shaped so that it meets axis 1 of an input of this rank. */
export const alongChannels = (b: Builder, value: Value, rank: number): Value =>
  rank > 2 ? b.op('Reshape', [value, b.ints([-1, ...spatialAxes(rank).map(() => 1)])]) : value

/** (x - mean) / sqrt(variance + epsilon) over the axes, in simpler operators. */
export function standardize(b: Builder, x: Value, axes: readonly number[], epsilon: number): { normalized: Value; mean: Value; deviation: Value } {
  const dtype = x.type?.kind === 'tensor' ? x.type.dtype : 'float32'
  const over = b.ints(axes)
  const mean = b.op('ReduceMean', [x, over])
  const centred = b.op('Sub', [x, mean])
  const variance = b.op('ReduceMean', [b.op('Pow', [centred, b.scalar(2, dtype)]), over])
  const deviation = b.op('Sqrt', [b.op('Add', [variance, b.scalar(epsilon, dtype)])])
  return { normalized: b.op('Div', [centred, deviation]), mean, deviation }
}

/** The rank of a node's value, if known. */
export const rankOf = (value: Value | undefined): number | undefined => shapeOf(value)?.length

/** The size of an axis when it is a number. */
export const sizeOf = (value: Value | undefined, axis: number): number | undefined => {
  const size = shapeOf(value)?.[axis]
  return typeof size === 'number' ? size : undefined
}
