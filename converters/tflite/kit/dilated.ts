import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, mulDims } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'

/** A size with elements between any two, `step - 1` of them. */
export const dilatedSize = (size: Dim, step: number): Dim => (size === 0 ? 0 : addDims(mulDims(addDims(size, -1), step), 1))

/** `x` with `filler` (no axes) between its elements along each axis, so that these stand `steps` apart. Undefined for open sizes. */
export function dilated(b: Builder, x: Value, filler: Value, steps: readonly number[]): Value | undefined {
  let shape: readonly number[] | undefined = sizesOf(x)
  if (shape === undefined) return undefined
  let result = x
  for (const [axis, step] of steps.entries()) {
    const size: number = shape[axis]!
    if (step <= 1 || size <= 1) continue
    const apart = b.op('Unsqueeze', [result, b.ints([axis + 1])])
    const filled = b.op('Pad', [apart, b.ints([0, step - 1]), filler, b.ints([axis + 1])])
    shape = shape.map((d, i) => (i === axis ? size * step : d))
    result = b.op('Slice', [b.op('Reshape', [filled, b.ints(shape)], { allowzero: true }), b.ints([0]), b.ints([(size - 1) * step + 1]), b.ints([axis])])
    shape = shape.map((d, i) => (i === axis ? (size - 1) * step + 1 : d))
  }
  return result
}

/** `x` with `filler` at both ends of each axis; a count below 0 takes elements away. Undefined for open sizes. */
export function padded(b: Builder, x: Value, filler: Value, low: readonly number[], high: readonly number[]): Value | undefined {
  const shape = sizesOf(x)
  if (shape === undefined) return undefined
  const axes = shape.flatMap((_, i) => (low[i]! < 0 || high[i]! < 0 ? [i] : []))
  const cut = axes.length > 0
    ? b.op('Slice', [x, b.ints(axes.map(i => Math.max(0, -low[i]!))), b.ints(axes.map(i => shape[i]! + Math.min(0, high[i]!))), b.ints(axes)])
    : x
  if ([...low, ...high].every(n => n <= 0)) return cut
  return b.op('Pad', [cut, b.ints([...low, ...high].map(n => Math.max(0, n))), filler])
}
