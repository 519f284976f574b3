import type { Value } from '../../../src/ir/model.ts'
import { int64Tensor } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { toInt64 } from './reduce.ts'

/** Windows of an operand, as StableHLO's gather and scatter have them. */
export interface WindowForm {
  /** Which axis of the operand each part of an index vector counts along. */
  readonly map: readonly number[]
  /** Sizes of a window along the operand's axes. */
  readonly window: readonly number[]
  /** The axis of `starts` that holds an index vector's parts; the rank of `starts` for vectors of one part without an axis. */
  readonly vectorAxis: number
  /** Windows that begin outside are moved inside. */
  readonly clamped: boolean
}

export interface Places {
  /** The trailing axes from here on are whole in every window; `chunk` elements of them move as one. */
  readonly whole: number
  readonly chunk: number
  /** How many chunks the operand has. */
  readonly chunks: number
  /** Which chunk, [index vectors, chunks of a window] int64. */
  readonly at: Value
  /** Which of them lie within the operand; undefined when all do. */
  readonly inside: Value | undefined
  /** The shape of `starts` without its vectors' axis. */
  readonly batch: readonly number[]
}

/** Where the elements of windows lie in an operand of this shape. Undefined for open sizes and for forms that do not fit. */
export function placesOf(b: Builder, starts: Value, shape: readonly number[], { map, window, vectorAxis, clamped }: WindowForm): Places | undefined {
  const given = sizesOf(starts)
  if (given === undefined || vectorAxis > given.length || window.length !== shape.length || map.some(a => a < 0 || a >= shape.length) || window.some((n, i) => n < 0 || n > shape[i]!)) return undefined
  const batch = given.filter((_, i) => i !== vectorAxis)
  if ((vectorAxis < given.length ? given[vectorAxis] : 1) !== map.length) return undefined
  let whole = shape.length
  while (whole > 0 && !map.includes(whole - 1) && window[whole - 1] === shape[whole - 1]) whole--
  const strides = shape.map((_, i) => elementCount(shape.slice(i + 1, Math.max(whole, i + 1))))
  const ahead = window.slice(0, whole)
  const count = writtenOut(elementCount(ahead))
  // the offset of each element of a window along each axis
  const offsets = Array.from({ length: count }, (_, n) => ahead.map((size, i) => Math.floor(n / elementCount(ahead.slice(i + 1))) % size))
  const rest = offsets.map(o => o.reduce((sum, at, i) => sum + (map.includes(i) ? 0 : at * strides[i]!), 0))
  const last = [...given.keys()].filter(i => i !== vectorAxis)
  const wide = toInt64(b, starts)
  const vectors = vectorAxis >= given.length - 1 ? wide : b.op('Transpose', [wide], { perm: [...last, vectorAxis] })
  const flat = b.op('Reshape', [vectors, b.ints([elementCount(batch), 1, map.length])], { allowzero: true })
  const moved = clamped ? b.op('Min', [b.op('Max', [flat, b.int(0)]), b.ints(map.map(a => shape[a]! - window[a]!))]) : flat
  const along = b.op('Add', [moved, b.constant(int64Tensor(offsets.flatMap(o => map.map(a => o[a]!)), [1, count, map.length]))])
  const linear = b.op('Add', [b.op('ReduceSum', [b.op('Mul', [along, b.ints(map.map(a => strides[a]!))]), b.ints([2])], { keepdims: false }), b.constant(int64Tensor(rest, [1, count]))])
  const fits = () => b.op('And', [b.op('GreaterOrEqual', [along, b.int(0)]), b.op('Less', [along, b.ints(map.map(a => shape[a]!))])])
  const inside = clamped ? undefined : b.op('Cast', [b.op('ReduceMin', [b.op('Cast', [fits()], { to: 6 }), b.ints([2])], { keepdims: false })], { to: 9 })
  return { whole, chunk: elementCount(shape.slice(whole)), chunks: elementCount(shape.slice(0, whole)), at: linear, inside, batch }
}
