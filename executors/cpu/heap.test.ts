import { describe, expect, it } from 'vitest'
import { Heap } from './heap.ts'

describe('heap', () => {
  it('gives blocks that do not overlap, on lines, and uses freed ones again', () => {
    const heap = new Heap()
    const sizes = [1, 64, 65, 100_000, 3, 200_000]
    const at = sizes.map(n => heap.allocate(n))
    const spans = at.map((a, i) => [a, a + sizes[i]!] as const).sort((p, q) => p[0] - q[0])
    for (const [i, s] of spans.entries()) if (i > 0) expect(s[0]).toBeGreaterThanOrEqual(spans[i - 1]![1])
    expect(at.every(a => a % 64 === 0 && a > 0)).toBe(true)
    const size = heap.memory.buffer.byteLength
    for (const a of at) heap.free(a)
    expect(heap.used).toBe(0)
    heap.allocate(size - 8192)
    expect(heap.memory.buffer.byteLength).toBe(size)
  })
  it('keeps what is written', () => {
    const heap = new Heap()
    const [a, b] = [heap.allocate(4), heap.allocate(4)]
    heap.write(a, Uint8Array.of(1, 2, 3, 4))
    heap.write(b, Uint8Array.of(5, 6, 7, 8))
    heap.allocate(1_000_000)
    expect([...heap.read(a, 4), ...heap.read(b, 4)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })
  it('refuses more than 4 GiB with a code', () => {
    expect(() => new Heap().allocate(2 ** 32)).toThrowError(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'run.memory.exceeded' })] }))
  })
})
