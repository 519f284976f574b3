import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Dim } from './dim.ts'
import { addDims, ceilDivDims, dimDiffers, dimEquals, dimToString, divideExactly, floorDivDims, lowerBound, maxDims, minDims, modDims, mulDims, parseDim, subDims, substituteDim, sym, upperBound } from './dim.ts'

const [n, h] = [sym('n'), sym('h')]

describe('normal form', () => {
  test.each<[string, Dim, Dim]>([
    ['sums commute', addDims(n, h, 1), addDims(1, h, n)],
    ['like terms', addDims(n, n), mulDims(2, n)],
    ['differences cancel', subDims(addDims(n, h), h), n],
    ['products distribute', mulDims(addDims(n, 1), h), addDims(mulDims(n, h), h)],
    ['multiples leave a floor division', floorDivDims(addDims(mulDims(4, n), 3), 4), n],
    ['nested floor divisions join', floorDivDims(floorDivDims(n, 2), 3), floorDivDims(n, 6)],
    ['nested floor divisions join over a constant', floorDivDims(addDims(floorDivDims(addDims(n, 1), 2), 1), 2), floorDivDims(addDims(n, 3), 4)],
    ['exact division', divideExactly(mulDims(6, n, h), mulDims(2, h))!, mulDims(3, n)],
    ['max with a bound', maxDims(n, 1), n],
  ])('%s', (_, a, b) => expect(dimToString(a)).toBe(dimToString(b)))

  test('what differs at every size is told from what may be equal', () => {
    expect(dimDiffers(addDims(n, 1), n)).toBe(true)
    expect(dimDiffers(n, h)).toBe(false)
    expect(dimEquals(n, h)).toBe(false)
  })
})

type Sample = { readonly dim: Dim; readonly value: (n: number, h: number) => number }
const { sample } = fc.letrec<{ sample: Sample }>(tie => ({
  sample: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: 0, max: 9 }).map((k): Sample => ({ dim: k, value: () => k })),
    fc.constant<Sample>({ dim: n, value: a => a }),
    fc.constant<Sample>({ dim: h, value: (_, b) => b }),
    fc.tuple(fc.constantFrom('+', '-', '*', 'min', 'max'), tie('sample'), tie('sample')).map(([op, p, q]): Sample => {
      const make = { '+': addDims, '-': subDims, '*': mulDims, min: minDims, max: maxDims }[op]!
      const f = { '+': (x: number, y: number) => x + y, '-': (x: number, y: number) => x - y, '*': (x: number, y: number) => x * y, min: Math.min, max: Math.max }[op]!
      return { dim: make(p.dim, q.dim), value: (a, b) => f(p.value(a, b), q.value(a, b)) }
    }),
    fc.tuple(fc.constantFrom('floor', 'ceil', 'mod'), tie('sample'), fc.integer({ min: 1, max: 7 })).map(([op, p, k]): Sample => {
      const make = { floor: floorDivDims, ceil: ceilDivDims, mod: modDims }[op]!
      const f = { floor: (x: number) => Math.floor(x / k), ceil: (x: number) => Math.ceil(x / k), mod: (x: number) => x - Math.floor(x / k) * k }[op]!
      return { dim: make(p.dim, k), value: (a, b) => f(p.value(a, b)) }
    }),
  ),
}))

test('the symbolic value at any sizes is what arithmetic on these sizes gives, within its bounds, and prints to what parses back', () => {
  fc.assert(
    fc.property(sample, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), ({ dim, value }, a, b) => {
      const at = substituteDim(dim, new Map([['n', a], ['h', b]]))
      // Object.is tells -0 apart, which sizes don't
      expect(Number(at) + 0).toBe(value(a, b) + 0)
      expect(lowerBound(dim)).toBeLessThanOrEqual(Number(at))
      expect(upperBound(dim)).toBeGreaterThanOrEqual(Number(at))
      expect(dimToString(parseDim(dimToString(dim))!)).toBe(dimToString(dim))
    }),
    { numRuns: 500 },
  )
})

test('names from the wild survive printing', () => {
  for (const name of ['p2o.DynamicDimension.0', '?', "it's", 'a b{"c"}', 'min', '-1'])
    expect(parseDim(dimToString(addDims(sym(name), 1)))).toEqual(addDims(sym(name), 1))
})
