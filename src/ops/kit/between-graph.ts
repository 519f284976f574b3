import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { Algebra } from './algebra.ts'
import { castTo } from './older.ts'

/** One of the two elements beside a place on an axis: its int32 index, and its weight in float32. */
export interface Neighbour {
  readonly index: Value
  readonly weight: Value
}

const flags = (b: Builder, v: Value, low: number, high: number): Value =>
  castTo(b, b.op('And', [b.op('GreaterOrEqual', [v, b.scalar(low, 'float32')]), b.op('LessOrEqual', [v, b.scalar(high, 'float32')])]), 'float32')

/** The neighbours of places on an axis of `size` elements, those beyond its ends with the weight 0. */
export function withZerosAround(b: Builder, m: Algebra<Value>, at: Value, size: number): readonly Neighbour[] {
  const first = b.op('Floor', [at])
  const share = m.sub(at, first)
  return [m.sub(1, share), share].map((weight, t) => {
    const tap = t === 0 ? first : m.add(first, 1)
    return { index: castTo(b, m.min(m.max(tap, 0), size - 1), 'int32'), weight: m.mul(weight, flags(b, tap, 0, size - 1)) }
  })
}

/** The neighbours of places on an axis of `size` elements brought to its ends; those farther out than one element have the weight 0. */
export function withEndsKept(b: Builder, m: Algebra<Value>, at: Value, size: number): readonly Neighbour[] {
  const there = flags(b, at, -1, size)
  const inside = m.min(m.max(at, 0), size - 1)
  const first = b.op('Floor', [inside])
  const share = m.sub(inside, first)
  return [m.sub(1, share), share].map((weight, t) => ({ index: castTo(b, t === 0 ? first : m.min(m.add(first, 1), size - 1), 'int32'), weight: m.mul(weight, there) }))
}
