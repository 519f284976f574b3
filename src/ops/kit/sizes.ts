import type { Dim } from '../../ir/dim.ts'
import { addDims, ceilDivDims, dimEquals, divideExactly, floorDivDims, lowerBound, maxDims, minDims, mulDims, subDims, symbolsOf, unknownDim, upperBound } from '../../ir/dim.ts'

/** Sizes of more elements than this are not followed. */
export const followedElements = 256

export const isUnknown = (d: Dim): boolean => typeof d !== 'number' && [...symbolsOf(d)].some(s => s.startsWith('?'))

/** The product of `from` over the product of `by`, which divides it in every run; undefined when that is proved wrong. */
export function quotientOf(from: readonly Dim[], by: readonly Dim[]): Dim | undefined {
  const [up, down] = cancelled(from, by)
  const [a, b] = [mulDims(...up), mulDims(...down)]
  const exact = divideExactly(a, b)
  if (exact !== undefined) return exact
  if (typeof a === 'number' && typeof b === 'number') return undefined
  return isUnknown(a) || isUnknown(b) ? unknownDim() : floorDivDims(a, b)
}

function cancelled(from: readonly Dim[], by: readonly Dim[]): [Dim[], Dim[]] {
  const up = [...from]
  const down: Dim[] = []
  for (const d of by) {
    const at = up.findIndex(u => d !== 0 && dimEquals(u, d))
    if (at < 0) down.push(d)
    else up.splice(at, 1)
  }
  return [up, down]
}

const far = 2 ** 31 - 1

/** A start or end of a slice within 0..size (for steps back a start within 0..size-1 and an end within -1..size-1: ONNX, Slice); undefined when its sign is not known. */
function placed(at: Dim, size: Dim, back: boolean, ends: boolean): Dim | undefined {
  const last = subDims(size, 1)
  const [low, high]: [Dim, Dim] = back ? [ends ? -1 : minDims(0, last), last] : [0, size]
  if (typeof at === 'number' && at >= far) return high
  if (typeof at === 'number' && at <= -far) return low
  const negative = upperBound(at) < 0
  if (!negative && lowerBound(at) < 0) return undefined
  return maxDims(low, minDims(negative ? addDims(at, size) : at, high))
}

/** How many elements a slice of an axis holds. */
export function sliceSize(size: Dim, start: Dim, end: Dim, step: number): Dim {
  const span = spanOf(size, start, end, step)
  return span === undefined ? unknownDim() : maxDims(0, ceilDivDims(span, Math.abs(step)))
}

function spanOf(size: Dim, start: Dim, end: Dim, step: number): Dim | undefined {
  // from the first or to the last element the result has one bound less to be decided
  if (step > 0 && start === 0) return placed(end, size, false, true)
  if (step > 0 && typeof end === 'number' && end >= far) {
    if (upperBound(start) < 0) return minDims(size, subDims(0, start))
    if (lowerBound(start) >= 0) return maxDims(0, subDims(size, start))
  }
  const [a, b] = [placed(start, size, step < 0, false), placed(end, size, step < 0, true)]
  return a === undefined || b === undefined ? undefined : step > 0 ? subDims(b, a) : subDims(a, b)
}

/** Where a slice of an axis of known size begins. */
export const sliceStart = (size: number, start: number, step: number): number => placed(start, size, step < 0, false) as number
