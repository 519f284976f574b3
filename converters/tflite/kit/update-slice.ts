import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { rankOf } from '../operator.ts'
import { dimEquals } from '../../../src/ir/dim.ts'
import { shapeOf } from '../../../src/passes/kit/values.ts'

/** `x` with `update` put over it from `start` (int64, one element for each axis), which is moved so that all of it lies within. Of open sizes only those that are alike, or of `x` alone. */
export function updatedSlice(b: Builder, x: Value, update: Value, start: Value): Value | undefined {
  const [whole, part, rank] = [shapeOf(x), shapeOf(update), rankOf(x)]
  if (whole === undefined || part === undefined || rank === undefined || part.length !== rank) return undefined
  if (part.includes(0)) return b.op('Identity', [x])
  let [spread, inside]: [Value, Value | undefined] = [update, undefined]
  for (const [axis, size] of whole.entries()) {
    const taken = part[axis]!
    if (dimEquals(taken, size)) continue
    if (typeof taken !== 'number') return undefined
    const count = typeof size === 'number' ? b.int(size) : b.op('Squeeze', [b.op('Shape', [x], { start: axis, end: axis + 1 }), b.ints([0])])
    const from = b.op('Clip', [b.op('Gather', [start, b.int(axis)]), b.int(0), typeof size === 'number' ? b.int(size - taken) : b.op('Sub', [count, b.int(taken)])])
    const at = b.op('Sub', [b.op('Range', [b.int(0), count, b.int(1)]), from])
    spread = b.op('Gather', [spread, b.op('Clip', [at, b.int(0), b.int(taken - 1)])], { axis })
    const within = b.op('And', [b.op('GreaterOrEqual', [at, b.int(0)]), b.op('Less', [at, b.int(taken)])])
    const shaped = axis === rank - 1 ? within : b.op('Unsqueeze', [within, b.ints(Array.from({ length: rank - 1 - axis }, (_, i) => i + 1))])
    inside = inside ? b.op('And', [inside, shaped]) : shaped
  }
  return inside ? b.op('Where', [inside, spread, x]) : b.op('Identity', [update])
}
