import type { Node } from '../../ir/model.ts'
import { intOf, numbersOf, shapeOf } from './values.ts'

/** What a Slice keeps of one axis of known size: `count` entries from `start` on, `step` apart. */
export interface Kept {
  readonly axis: number
  readonly size: number
  readonly start: number
  readonly step: number
  readonly count: number
}

/** What a Slice with constant bounds and positive steps keeps of the axes that it shortens; undefined where that is not known. */
export function keptBy(node: Node | undefined): readonly Kept[] | undefined {
  if (node?.op !== 'Slice' || node.domain !== '') return undefined
  const [shape, to] = [shapeOf(node.inputs[0]), shapeOf(node.outputs[0])]
  const starts = numbersOf(node.inputs[1])
  const axes = node.inputs[3] ? numbersOf(node.inputs[3]) : starts?.map((_, i) => i)
  const steps = node.inputs[4] ? numbersOf(node.inputs[4]) : starts?.map(() => 1)
  if (shape === undefined || to === undefined || starts === undefined || axes === undefined || steps === undefined) return undefined
  const kept: Kept[] = []
  for (const [i, a] of axes.entries()) {
    const axis = a < 0 ? a + shape.length : a
    const [size, count, step] = [shape[axis], to[axis], steps[i]!]
    if (typeof size !== 'number' || typeof count !== 'number' || step < 1) return undefined
    const start = Math.min(size, Math.max(0, starts[i]! < 0 ? starts[i]! + size : starts[i]!))
    if (count < size) kept.push({ axis, size, start, step, count })
  }
  return kept
}

/** Start, end and step of a Slice with constant bounds, by axis; bounds beyond 2^53 are 2^53. */
export function cutsOf(node: Pick<Node, 'inputs'>): Map<number, readonly [start: number, end: number, step: number]> | undefined {
  const rank = shapeOf(node.inputs[0])?.length
  const [starts, ends] = [numbersOf(node.inputs[1]), numbersOf(node.inputs[2])]
  const axes = node.inputs[3] ? numbersOf(node.inputs[3]) : starts?.map((_, i) => i)
  const steps = node.inputs[4] ? numbersOf(node.inputs[4]) : starts?.map(() => 1)
  if (rank === undefined || starts === undefined || ends === undefined || axes === undefined || steps === undefined) return undefined
  const far = 2 ** 53
  const clamp = (n: number): number => Math.max(-far, Math.min(far, n))
  return new Map(axes.map((axis, i) => [axis < 0 ? axis + rank : axis, [clamp(starts[i]!), clamp(ends[i]!), steps[i]!]]))
}

/** The axis of an operator that names one of its first output's. */
export function axisOf(node: Node, otherwise: number): number | undefined {
  const rank = shapeOf(node.outputs[0])?.length ?? shapeOf(node.inputs[0])?.length
  const axis = intOf(node, 'axis', otherwise)
  return rank === undefined ? undefined : axis < 0 ? axis + rank : axis
}
