import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, select } from '../../expr/expr.ts'

export type GridPadding = 'zeros' | 'border' | 'reflection'

/** A coordinate moved into the image: clamped, or mirrored at the borders as often as it takes; as it is where zeros surround the image. */
export function insideCoordinate(x: Expr, size: number, padding: GridPadding, corners: boolean): Expr {
  if (padding === 'border') return x.clamp(0, size - 1)
  if (padding === 'zeros') return x
  const [low, span] = corners ? [0, size - 1] : [-0.5, size]
  if (span === 0) return constant(low, x.type)
  const period = 2 * span
  const t = x.sub(low).sub(x.sub(low).div(period).apply('floor').mul(period))
  return select(t.le(span), t, constant(period, x.type).sub(t)).add(low)
}

/** The same for an index of an element. */
function insideIndex(i: Expr, size: number, padding: GridPadding, corners: boolean): Expr {
  if (padding !== 'reflection') return i.clamp(0, size - 1)
  if (size === 1) return constant(0, 'int')
  const period = corners ? 2 * size - 2 : 2 * size
  const t = i.floormod(period)
  return t.min(constant(corners ? period : period - 1, 'int').sub(t))
}

/** An element of an image by indices that may lie outside it. */
export function readPixel(x: Buffer, lead: readonly Expr[], at: readonly Expr[], padding: GridPadding, corners: boolean): Expr {
  const sizes = x.shape.slice(lead.length)
  const pixel = read(x, [...lead, ...at.map((v, d) => insideIndex(v, sizes[d]!, padding, corners))])
  if (padding !== 'zeros') return pixel
  const inside = at.map((v, d) => v.inside(0, sizes[d]!)).reduce((a, b) => a.and(b))
  return select(inside, pixel, 0)
}
