import type { Dim } from '../../ir/dim.ts'
import { dimEquals } from '../../ir/dim.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../../ops/builder.ts'

const isVague = (d: Dim): boolean => typeof d !== 'number' && d.text.startsWith("'?")

/**
 * A Reshape's target for an output of these sizes: numbers, 0 for a size copied from the same place of the input, -1 for
 * one that is not a number. Undefined when more than that would have to be said, or a size is 0.
 */
export function reshapeTarget(from: readonly Dim[] | undefined, to: readonly Dim[]): number[] | undefined {
  const out: number[] = []
  let open = 0
  to.forEach((d, i) => {
    if (typeof d === 'number') out.push(d)
    else if (from?.[i] !== undefined && dimEquals(from[i]!, d) && !(isVague(d) && from[i] !== d)) out.push(0)
    else {
      out.push(-1)
      open++
    }
  })
  if (open > 1 || to.some(d => d === 0) || from?.some(d => d === 0)) return undefined
  return out
}

/** Reshapes to known sizes, or undefined when they can't be said. */
export function reshapeTo(make: Builder, x: Value, from: readonly Dim[] | undefined, to: readonly Dim[]): Value | undefined {
  const target = reshapeTarget(from, to)
  return target && make.op('Reshape', [x, make.ints(target)])
}
