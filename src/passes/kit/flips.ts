import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../../ops/builder.ts'
import { cutsOf } from './cuts.ts'
import { shapeOf } from './values.ts'

const least = -(2 ** 31)

/** A value with one of its axes from the last entry to the first. */
export const flipped = (b: Builder, x: Value, axis: number): Value => b.op('Slice', [x, b.ints([-1]), b.ints([least]), b.ints([axis]), b.ints([-1])])

/** The axis that a Slice turns round, when it does nothing else. */
export function flippedAxis(node: Node | undefined): number | undefined {
  const cuts = node?.qualified === 'Slice' ? cutsOf(node) : undefined
  const shape = shapeOf(node?.inputs[0])
  if (cuts?.size !== 1 || shape === undefined) return undefined
  const [[axis, [start, end, step]]] = [...cuts] as [[number, readonly [number, number, number]]]
  const size = shape[axis]
  const fromLast = start === -1 || start >= 2 ** 31 - 1 || (typeof size === 'number' && start >= size - 1)
  const toFirst = end <= least + 1 || (typeof size === 'number' && end < -size)
  return step === -1 && size !== undefined && fromLast && toFirst ? axis : undefined
}
