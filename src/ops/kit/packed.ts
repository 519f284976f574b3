import type { Buffer, Expr, Operand } from '../../expr/expr.ts'
import { constant, read } from '../../expr/expr.ts'
import { dimDiffers } from '../../ir/dim.ts'
import type { InferContext } from '../operator.ts'

/** The integer of so many bits at a place within a byte that holds 8 / bits of them, the first in the lowest bits. */
export const bitsAt = (byte: Expr, place: Expr, bits: number): Expr => (bits === 8 ? byte : byte.shr(place.mul(bits)).and(2 ** bits - 1))

/** An element of a matrix of `columns`, whatever shape its elements come in. */
export function readRows(buffer: Buffer, columns: number, row: Expr, column: Expr): Expr {
  return readFlat(buffer, row.mul(columns).add(column))
}

/** An element counted in row-major order. */
export function readFlat(buffer: Buffer, at: Operand): Expr {
  let rest = typeof at === 'number' ? constant(at, 'int') : (at as Expr)
  const index: Expr[] = []
  for (const n of buffer.shape.slice(1).toReversed()) {
    index.unshift(rest.floormod(n))
    rest = rest.floordiv(n)
  }
  return read(buffer, buffer.shape.length === 0 ? [] : [rest, ...index])
}

/** An element of rows of packed integers; every row begins with a new byte. */
export function readPacked(buffer: Buffer, bits: number, columns: number, row: Expr, column: Expr): Expr {
  const per = 8 / bits
  return bitsAt(readRows(buffer, Math.ceil(columns / per), row, column.floordiv(per)), column.floormod(per), bits)
}

/** States the product of rows of `inner` elements with weights that make `outer` of each. */
export function inferRowsProduct(ctx: InferContext, inner: number, outer: number): void {
  const shape = ctx.shape(0)
  if (shape?.length === 0) ctx.fail('A has no axes')
  if (shape && dimDiffers(shape.at(-1)!, inner)) ctx.fail(`rows of ${shape.at(-1)}, not ${inner}`)
  ctx.output(0, ctx.dtype(0), shape && [...shape.slice(0, -1), outer])
}
