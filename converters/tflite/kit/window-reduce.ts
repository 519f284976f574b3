import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, floorDivDims } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { dilated, dilatedSize, padded } from './dilated.ts'
import type { Join } from './join.ts'
import { joined, reduced } from './join.ts'

/** Windows over every axis: their sizes, how far they step, how far apart their elements are, and what is done to the data first. */
export interface Windows {
  readonly sizes: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly apart: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** How many windows there are along each axis; undefined when the lists do not fit the shape or hold what can't be. */
export function windowCounts(shape: readonly Dim[], { sizes, strides, dilations, apart, low, high }: Windows): Dim[] | undefined {
  if ([sizes, strides, dilations, apart, low, high].some(l => l.length !== shape.length) || [...sizes, ...strides, ...dilations, ...apart].some(n => n < 1)) return undefined
  return shape.map((d, i) => {
    const room = addDims(dilatedSize(d, apart[i]!), low[i]!, high[i]!, -((sizes[i]! - 1) * dilations[i]! + 1))
    return typeof room === 'number' && room < 0 ? 0 : addDims(floorDivDims(room, strides[i]!), 1)
  })
}

/** Every window joined to one element, with `start` (no axes) once in each; padding is `start` as well. One axis after the other: no order is promised. */
export function reduceWindows(b: Builder, x: Value, start: Value, join: Exclude<Join, 'put'>, windows: Windows): Value | undefined {
  const wide = dilated(b, x, start, windows.apart)
  let result = wide && padded(b, wide, start, windows.low, windows.high)
  const counts = windowCounts(sizesOf(x) ?? [], windows)
  if (result === undefined || counts === undefined) return undefined
  for (const [axis, size] of windows.sizes.entries()) {
    if (size === 1 && windows.strides[axis] === 1) continue
    const count = counts[axis]
    if (typeof count !== 'number') return undefined
    const along = (n: number, step: number) => b.op('Range', [b.int(0), b.int(n * step), b.int(step)])
    const places = b.op('Add', [b.op('Unsqueeze', [along(count, windows.strides[axis]!), b.ints([1])]), along(size, windows.dilations[axis]!)])
    const next = reduced(b, join, b.op('Gather', [result, places], { axis }), [axis + 1])
    if (next === undefined) return undefined
    result = next
  }
  return joined(b, join, result, start)
}
