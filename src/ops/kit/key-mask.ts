import type { Dim } from '../../ir/dim.ts'
import { dimEquals, mulDims } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, shapeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
import type { SizeOf } from './reshape-to.ts'
import { sizeValue, sizesValue } from './reshape-to.ts'
import { openWhere } from './scaled-product.ts'

/** Where a mask is met. */
export interface Masked {
  readonly batch: Dim
  /** How many columns there are, those of the past included, and how many of these. */
  readonly columns: SizeOf
  readonly past: SizeOf
  readonly rows: SizeOf
  /** What is added where nothing is to be seen. */
  readonly filter: number
  readonly dtype: DType
}

/**
 * What a mask of onnxruntime's attention operators adds to the logits, broadcast to [batch, heads, rows, columns]. By its
 * shape it is 0 and 1 for each column of a batch, for each row of it, for each place of a square of the greatest length; or
 * where the columns of each batch end, with a second half: where they start. Undefined when its form can't be told.
 */
export function keyMask(b: Builder, mask: Value, { batch, columns, past, rows, filter, dtype }: Masked): Value | undefined {
  const shape = shapeOf(mask)
  if (shape === undefined) return undefined
  const added = (seen: Value): Value => openWhere(b, seen, filter, dtype)
  const positive = (x: Value): Value => b.op('Greater', [x, b.scalar(0, dtypeOf(x) ?? 'int32')])
  if (shape.length === 2) return added(positive(b.op('Unsqueeze', [mask, b.ints([1, 2])])))
  if (shape.length === 3) return added(positive(b.op('Unsqueeze', [mask, b.ints([1])])))
  if (shape.length === 4) {
    const from = b.op('Concat', [sizesValue(b, [past]), b.ints([0])], { axis: 0 })
    const to = b.op('Concat', [b.op('Add', [sizesValue(b, [past]), sizesValue(b, [rows])]), sizesValue(b, [columns])], { axis: 0 })
    return added(positive(b.op('Slice', [mask, from, to, b.ints([2, 3])])))
  }
  if (shape.length !== 1) return undefined
  const place = b.op('Range', [b.scalar(0, 'int32'), b.op('Cast', [sizeValue(b, columns)], { to: numberOfDType('int32') }), b.scalar(1, 'int32')])
  const bound = (from: number): Value => {
    const part = dimEquals(shape[0]!, batch) ? mask : b.op('Slice', [mask, bounds(from), bounds(from + 1), b.ints([0])])
    return b.op('Unsqueeze', [part, b.ints([1, 2, 3])])
  }
  const bounds = (times: number): Value => b.ints([times * (batch as number)])
  const before = (end: Value): Value => b.op('Less', [place, end])
  if (dimEquals(shape[0]!, batch)) return added(before(bound(0)))
  if (typeof batch !== 'number') return undefined
  if (dimEquals(shape[0]!, mulDims(batch, 2))) return added(b.op('And', [before(bound(0)), b.op('LessOrEqual', [bound(1), place])]))
  return shape[0] === 3 * batch + 2 ? added(before(bound(0))) : undefined
}
