import { describe, expect, it } from 'vitest'
import { packArena } from './arena.ts'
import type { Span } from './arena.ts'

const overlaps = (spans: readonly Span[], offsets: readonly number[]): boolean =>
  spans.some((a, i) => spans.some((b, j) => i < j && a.first <= b.last && b.first <= a.last && offsets[i]! < offsets[j]! + b.bytes && offsets[j]! < offsets[i]! + a.bytes))

describe('arena', () => {
  it('lets a chain live in two blocks', () => {
    const spans = Array.from({ length: 10 }, (_, i) => ({ bytes: 1000, first: i, last: i + 1 }))
    const { offsets, bytes } = packArena(spans, 64, 64)
    expect(overlaps(spans, offsets)).toBe(false)
    expect(new Set(offsets).size).toBe(2)
    expect(bytes).toBeLessThan(2 * 1200)
  })
  it('never lets spans of one step overlap', () => {
    let seed = 7
    const random = (n: number): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n
    for (let round = 0; round < 50; round++) {
      const spans = Array.from({ length: 30 }, () => {
        const first = random(20)
        return { bytes: random(5000), first, last: first + random(6) }
      })
      expect(overlaps(spans, packArena(spans, 64, 64).offsets)).toBe(false)
    }
  })
})
