import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { Algebra } from './algebra.ts'
import { castTo } from './older.ts'

/** One of the two elements beside a place on an axis: its int32 index, its weight in float32, and whether it is one of the image. */
export interface Neighbour {
  readonly index: Value
  readonly weight: Value
  readonly there: Value
}

const within = (b: Builder, v: Value, low: number, high: number): Value =>
  b.op('And', [b.op('GreaterOrEqual', [v, b.scalar(low, 'float32')]), b.op('LessOrEqual', [v, b.scalar(high, 'float32')])])

/** Rows with one of zeros before them, which `rowOf` gives in place of those outside. */
export const withZeroRow = (b: Builder, rows: Value): Value => b.op('Pad', [rows, b.ints([1, 0, 0, 0])])

/** The place of a row behind the one of zeros; that of zeros where not all are there. */
export const rowOf = (b: Builder, row: Value, there: readonly Value[]): Value =>
  b.op('Where', [there.reduce((p, q) => b.op('And', [p, q])), b.op('Add', [row, b.scalar(1, 'int32')]), b.scalar(0, 'int32')])

/** The neighbours of places on an axis of `size` elements; those beyond its ends are not there. */
export function withZerosAround(b: Builder, m: Algebra<Value>, at: Value, size: number): readonly Neighbour[] {
  const first = b.op('Floor', [at])
  const share = m.sub(at, first)
  return [m.sub(1, share), share].map((weight, t) => {
    const tap = t === 0 ? first : m.add(first, 1)
    return { index: castTo(b, m.min(m.max(tap, 0), size - 1), 'int32'), weight, there: within(b, tap, 0, size - 1) }
  })
}

/** The neighbours of places on an axis of `size` elements brought to its ends; those farther out than one element are not there. */
export function withEndsKept(b: Builder, m: Algebra<Value>, at: Value, size: number): readonly Neighbour[] {
  const there = within(b, at, -1, size)
  const inside = m.min(m.max(at, 0), size - 1)
  const first = b.op('Floor', [inside])
  const share = m.sub(inside, first)
  return [m.sub(1, share), share].map((weight, t) => ({ index: castTo(b, t === 0 ? first : m.min(m.add(first, 1), size - 1), 'int32'), weight, there }))
}
