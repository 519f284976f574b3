// When two results are the same: integers, bools and texts to the bit, floats within what rounding does.
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { floats } from './draw.mjs'
import { elementsOf, show } from './elements.mjs'

/** Relative error, and error relative to the largest element, of results in a dtype. */
const tolerances = {
  float64: [1e-6, 1e-7], float32: [1e-4, 2e-6], float16: [4e-3, 2e-3], bfloat16: [2e-2, 1e-2], float8e4m3fn: [0.13, 0.02], float8e4m3fnuz: [0.13, 0.02], float8e5m2: [0.26, 0.05], float8e5m2fnuz: [0.26, 0.05], float8e8m0: [1, 0], float4e2m1: [0.5, 0.1],
}
/** Where results of float32 arithmetic are held in float64. */
export const coarse = { ...tolerances, float64: tolerances.float32 }

const same = (a, b) => a === b || (a !== a && b !== b)

/** Indices of the elements that differ by more than the tolerance and `noise`, a list of errors that are allowed besides. */
function wrongElements(actual, expected, dtype, table, noise, size) {
  const [rtol, scaled] = table[dtype] ?? [0, 0]
  const scale = !floats.has(dtype) ? 0 : Math.max(size / 8, expected.reduce((m, x) => (Number.isFinite(x) && Math.abs(x) < 1e6 ? Math.max(m, Math.abs(x)) : m), 0.1))
  const wrong = []
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i], expected[i]]
    if (same(a, b)) continue
    const allowed = noise?.[i] ?? 0
    if (allowed === Infinity) continue
    if (floats.has(dtype) && Number.isFinite(a) && Number.isFinite(b) && Math.abs(a - b) <= rtol * Math.abs(b) + scaled * scale + 32 * allowed) continue
    if (!floats.has(dtype) && dtype !== 'string' && allowed > 0 && Math.abs(Number(a) - Number(b)) <= 2 * allowed) continue
    wrong.push(i)
  }
  return wrong
}

/** What differs, in words and as indices; undefined when nothing does. `size`: of the largest number that went in. */
export function difference(actual, expected, { table = tolerances, noise, size = 0 } = {}) {
  if (actual === undefined || expected === undefined) return same(actual, expected) ? undefined : { text: 'one is missing', wrong: [] }
  if (actual === null || expected === null) return actual === expected ? undefined : { text: 'one holds nothing', wrong: [] }
  if (!isTensor(expected) || !isTensor(actual)) {
    if (isTensor(expected) || isTensor(actual) || expected.length !== actual.length) return { text: 'other sequences', wrong: [] }
    for (const [i, x] of expected.entries()) {
      const found = difference(actual[i], x, { table })
      if (found) return found
    }
    return undefined
  }
  if (actual.dtype !== expected.dtype) return { text: `dtype ${actual.dtype}, not ${expected.dtype}`, wrong: [] }
  if (actual.shape.join() !== expected.shape.join()) return { text: `shape [${actual.shape}], not [${expected.shape}]`, wrong: [] }
  const [a, b] = [elementsOf(actual), elementsOf(expected)]
  const wrong = wrongElements(a, b, expected.dtype, table, noise, size)
  return wrong.length === 0 ? undefined : { text: `${wrong.length} of ${b.length} elements: [${wrong[0]}] is ${a[wrong[0]]}, not ${b[wrong[0]]}`, wrong }
}

/** Differences of two results, element by element, as noise for `difference`; Infinity where one is no finite number and the other is. */
export function noiseOf(a, b) {
  if (!a || !b || !isTensor(a) || !isTensor(b) || a.dtype === 'string' || a.shape.join() !== b.shape.join()) return undefined
  const q = elementsOf(b)
  return elementsOf(a).map((x, i) => (same(x, q[i]) ? 0 : Number.isFinite(Number(x)) && Number.isFinite(Number(q[i])) ? Math.abs(Number(x) - Number(q[i])) : Infinity))
}

export const identical = (a, b) => difference(a, b, { table: {} }) === undefined
export { show }
