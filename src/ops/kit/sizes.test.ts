import { describe, expect, it } from 'vitest'
import type { Dim } from '../../ir/dim.ts'
import { addDims, dimToString, mulDims, substituteDim, sym, unknownDim } from '../../ir/dim.ts'
import { quotientOf, sliceSize } from './sizes.ts'

const n = sym('N')
const at = (d: Dim, value: number): Dim => substituteDim(d, new Map([['N', value]]))

// The elements that a slice visits, one by one, with the ranges that ONNX's Slice clamps to: a start before the first
// element of a step back is the first element, which it is not in NumPy.
function visited(size: number, start: number, end: number, step: number): number {
  const clamp = (v: number, low: number) => (step > 0 ? Math.min(Math.max(v, 0), size) : Math.min(Math.max(v, low), size - 1))
  const from = clamp(start < 0 ? start + size : start, 0)
  const to = clamp(end < 0 ? end + size : end, -1)
  let count = 0
  for (let i = from; step > 0 ? i < to : i > to; i += step) count++
  return count
}

describe('sliceSize', () => {
  it('of a symbol holds for every size', () => {
    const far = Number.MAX_SAFE_INTEGER
    for (const start of [-far, -5, -1, 0, 1, 4, far])
      for (const end of [-far, -4, -1, 0, 2, 6, far])
        for (const step of [1, 2, 3, -1, -2]) {
          const symbolic = sliceSize(n, start, end, step)
          for (let size = 1; size <= 9; size++) expect([start, end, step, size, at(symbolic, size)]).toEqual([start, end, step, size, visited(size, start, end, step)])
        }
  })
  it('keeps formulas short where one bound is open', () => {
    expect(dimToString(sliceSize(n, 0, -1, 1))).toBe('N - 1')
    expect(dimToString(sliceSize(n, 1, Number.MAX_SAFE_INTEGER, 1))).toBe('N - 1')
    expect(dimToString(sliceSize(mulDims(2, n), 0, n, 1))).toBe('N')
    expect(dimToString(sliceSize(n, 0, Number.MAX_SAFE_INTEGER, 2))).toBe('((N + 1) // 2)')
  })
  it('knows nothing of a bound without a sign', () => {
    expect(dimToString(sliceSize(n, addDims(n, -3), Number.MAX_SAFE_INTEGER, 1))).toMatch(/^'\?/)
  })
})

describe('quotientOf', () => {
  it('cancels equal sizes and divides what is left', () => {
    expect(dimToString(quotientOf([n, 12, sym('W')], [n, 4])!)).toBe('3*W')
    expect(quotientOf([addDims(n, 1), 6], [addDims(n, 1), 2])).toBe(3)
  })
  it('keeps a formula where division is not decided', () => {
    const formula = quotientOf([n, 3], [4])!
    expect(at(formula, 8)).toBe(6)
    expect(dimToString(quotientOf([unknownDim(), 3], [4])!)).toMatch(/^'\?\d+'$/)
  })
  it('refuses numbers that do not divide', () => {
    expect(quotientOf([7], [2])).toBeUndefined()
  })
})
