import type { Datum, Tensor } from '../ir/tensor.ts'
import type { Difference, Incomparable } from './metrics.ts'
import { differenceOf, mustBeEqual, tensorsOf } from './metrics.ts'

/** What counts as the same. */
export interface Tolerance {
  /** Relative L2 error of a floating-point value, at most. */
  readonly relL2: number
  /** Absolute error of every element, at most; instead of `relL2` when given together with `rtol`. */
  readonly atol?: number
  /** Error of every element relative to the reference's element, at most. */
  readonly rtol?: number
  /** Share of the elements of an integer or boolean value that may differ; none when absent. */
  readonly unequal?: number
}

/** float32 models: four orders above the rounding of one operation, below what any change of meaning gives. */
export const defaultTolerance: Tolerance = { relL2: 1e-5 }

/** One value of one run, both sides. */
export interface Verdict {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly passed: boolean
  readonly difference: Difference | Incomparable
  /** Why it failed, in words. */
  readonly reason?: string
}

function judge(expected: Tensor, difference: Difference, tolerance: Tolerance, noise: number): string | undefined {
  if (mustBeEqual(expected)) return difference.unequal > (tolerance.unequal ?? 0) * difference.count ? `${difference.unequal} of ${difference.count} elements of ${expected.dtype} differ` : undefined
  if (difference.unlike > 0) return `${difference.unlike} of ${difference.count} elements are NaN or infinite on one side only`
  if (tolerance.atol !== undefined) return difference.maxAbs > tolerance.atol ? `largest error ${difference.maxAbs.toExponential(2)}, allowed ${tolerance.atol}` : undefined
  const allowed = Math.max(tolerance.relL2, 8 * noise)
  return difference.relL2 > allowed ? `relative L2 error ${difference.relL2.toExponential(2)}, allowed ${allowed.toExponential(2)}` : undefined
}

/**
 * Compares what two runs gave under one name. Integers, booleans and strings must be the same (but for the share that the tolerance allows); floats lie within the
 * tolerance or eight times `noise` (what float32 rounding alone does to this value), whichever is larger.
 */
export async function compareDatum(name: string, expected: Datum, actual: Datum | undefined, tolerance: Tolerance, noise = 0): Promise<Verdict> {
  const [p, q] = [tensorsOf(expected), actual === undefined ? [] : tensorsOf(actual)]
  const first = p[0]
  const about = { name, dtype: first?.dtype ?? 'none', shape: first?.shape ?? [] }
  if (p.length !== q.length) {
    const reason = actual === undefined ? 'the target does not give it' : `${p.length} tensors became ${q.length}`
    return { ...about, passed: false, difference: { reason }, reason }
  }
  let worst: Verdict = { ...about, passed: true, difference: { maxAbs: 0, worst: 0, relL2: 0, rms: 0, cosine: 1, unlike: 0, unequal: 0, count: 0 } }
  for (const [i, tensor] of p.entries()) {
    const difference = await differenceOf(tensor, q[i]!)
    const reason = 'reason' in difference ? difference.reason : judge(tensor, difference, tolerance, noise)
    const heavier = !('reason' in difference) && !('reason' in worst.difference) && difference.relL2 >= worst.difference.relL2
    if (reason !== undefined || heavier) worst = { ...about, passed: reason === undefined && worst.passed, difference, ...(reason !== undefined && { reason }) }
    if (reason !== undefined) break
  }
  return worst
}
