import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { shapeOf } from './algebra.ts'

/** A size: a number, or that of an axis of a value, which may be open. */
export type SizeOf = number | readonly [value: Value, axis: number]

const known = (size: SizeOf): number | undefined => {
  if (typeof size === 'number') return size
  const found = shapeOf(size[0])?.[size[1]]
  return typeof found === 'number' ? found : undefined
}

/** Sizes as a tensor of int64 of one axis: constant where all are known. */
export function sizesValue(b: Builder, sizes: readonly SizeOf[]): Value {
  const numbers = sizes.map(known)
  if (numbers.every(n => n !== undefined)) return b.ints(numbers)
  const parts = sizes.map((size, i) => (numbers[i] !== undefined ? b.ints([numbers[i]]) : b.op('Shape', [(size as [Value, number])[0]], { start: (size as [Value, number])[1], end: (size as [Value, number])[1] + 1 })))
  return parts.length === 1 ? parts[0]! : b.op('Concat', parts, { axis: 0 })
}

/** One size as an int64 without axes. */
export function sizeValue(b: Builder, size: SizeOf): Value {
  const number = known(size)
  return number === undefined ? b.op('Squeeze', [sizesValue(b, [size]), b.ints([0])]) : b.int(number)
}

/** The same elements in another shape; -1 is what is left. One size that is open is left to Reshape to find as well. */
export function reshapeTo(b: Builder, x: Value, sizes: readonly SizeOf[]): Value {
  const numbers = sizes.map(known)
  const findable = numbers.filter(n => n === undefined).length === 1 && !numbers.includes(0) && !numbers.includes(-1)
  return b.op('Reshape', [x, findable ? b.ints(numbers.map(n => n ?? -1)) : sizesValue(b, sizes)], { allowzero: numbers.includes(0) ? 1 : undefined })
}
