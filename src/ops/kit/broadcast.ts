import type { Expr, Buffer } from '../../expr/expr.ts'
import { constant, read } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import { dimEquals, unknownDim } from '../../ir/dim.ts'
import type { Shape } from '../../ir/types.ts'

/** The shape that shapes broadcast to, from the right. A size against a symbol is that size unless it is 1. Undefined when a rank is unknown, null when two numbers clash. */
export function broadcastShapes(shapes: readonly Shape[]): Shape | null {
  if (shapes.some(s => s === undefined)) return undefined
  const rank = Math.max(0, ...shapes.map(s => s!.length))
  const out: Dim[] = []
  for (let axis = 0; axis < rank; axis++) {
    let size: Dim = 1
    for (const shape of shapes) {
      const d = shape![axis - rank + shape!.length]
      if (d === undefined || d === 1 || dimEquals(d, size)) continue
      if (size === 1) size = d
      else if (typeof d === 'number' && typeof size === 'number') return null
      else if (typeof d === 'number') size = d
      else if (typeof size !== 'number') size = unknownDim()
    }
    out.push(size)
  }
  return out
}

/** Reads a buffer at the place that an index of the broadcast shape means. */
export function readBroadcast(buffer: Buffer, index: readonly Expr[]): Expr {
  const skip = index.length - buffer.shape.length
  return read(buffer, buffer.shape.map((n, d) => (n === 1 ? constant(0, 'int') : index[d + skip]!)))
}
