import type { Expr } from '../../expr/expr.ts'
import { select } from '../../expr/expr.ts'
import type { IndexContext, IndexRange } from '../operator.ts'

interface Fails {
  fail(message: string): never
}

/** An axis counted from the front; negative ones count from the end. Fails for one that is not there. */
export function axisOf(k: Fails, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) k.fail(`axis ${axis} of rank ${rank}`)
  return axis < 0 ? axis + rank : axis
}

/** Several axes, each counted from the front; fails for one named twice. */
export function axesOf(k: Fails, axes: readonly number[], rank: number): number[] {
  const out = axes.map(a => axisOf(k, a, rank))
  if (new Set(out).size !== out.length) k.fail(`axes [${axes.join()}] name one twice`)
  return out
}

/** A list with one place changed. */
export const replaceAt = <T>(list: readonly T[], at: number, value: T): T[] => list.map((x, i) => (i === at ? value : x))

/** Indices into an axis: negative ones count from the end. */
export const rangeOf = (size: number): IndexRange => [-size, size]

/** The indices of operators that take them in input 1, into the axis that `axis` names of input 0. */
export function indexedAlongAxis({ attributes, shape }: IndexContext): readonly { readonly input: number; readonly ranges: readonly IndexRange[] }[] {
  const x = shape(0)
  const axis = attributes.int('axis', 0)
  return [{ input: 1, ranges: [rangeOf(x[axis < 0 ? axis + x.length : axis] ?? 0)] }]
}

/** An index from a tensor: negative ones count from the end, and those outside are moved to the border, so that no read leaves the buffer. */
export function indexInto(index: Expr, size: number): Expr {
  const i = index.to('int')
  return select(i.lt(0), i.add(size), i).clamp(0, Math.max(0, size - 1))
}
