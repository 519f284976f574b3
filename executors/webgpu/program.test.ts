import { describe, expect, it } from 'vitest'
import type { Buffer } from '../../src/expr/expr.ts'
import { input, read, stage, sum } from '../../src/expr/expr.ts'
import type { KernelContext } from './kernels/kernel.ts'
import { leastProfile } from './profile.ts'
import type { Profile } from './profile.ts'
import { planProgram } from './program.ts'

const on = (profile: Partial<Profile> = {}, root = (b: Buffer): Buffer => b): KernelContext => ({ profile: { ...leastProfile, ...profile }, root })
const names = (code: string): number => new Set(code.match(/@binding\(\d+\)/g)).size

describe('programs', () => {
  it('a chain of elementwise stages is one kernel', () => {
    const x = input([4, 100], 'float32')
    const twice = stage(x.shape, 'float32', (i, j) => read(x, [i!, j!]).mul(2))
    const root = stage(x.shape, 'float32', (i, j) => read(twice, [i!, j!]).apply('sqrt'))
    const { kernels, between } = planProgram([x], [false], [root], on())
    expect(kernels).toHaveLength(1)
    expect(between).toEqual([])
    expect(kernels[0]!.bindings.map(b => b.bytes)).toEqual([1600, 1600])
  })

  it('what is made of constants alone is made once', () => {
    const [x, w] = [input([8], 'float32'), input([8, 8], 'float32')]
    const rows = stage([8], 'float32', i => sum([8], k => read(w, [i!, k!])))
    const y = stage([8], 'float32', i => sum([8], k => read(x, [k!]).mul(read(rows, [i!])).mul(read(rows, [k!]))))
    const { kernels, once, held } = planProgram([x, w], [false, true], [y], on())
    expect(once.map(k => k.reads)).toEqual([[w]])
    expect(held).toHaveLength(1)
    expect(kernels.every(k => !k.reads.includes(w))).toBe(true)
  })

  it('a buffer beyond the largest binding is several', () => {
    const x = input([1000], 'float32')
    const { kernels } = planProgram([x], [false], [stage([1000], 'float32', i => read(x, [i!]).add(1))], on({ bindingBytes: 1024 }))
    expect(kernels[0]!.bindings.map(b => [b.offset, b.bytes])).toEqual([...Array(2)].flatMap(() => [[0, 1024], [1024, 1024], [2048, 1024], [3072, 928]]))
  })

  it('inputs that lie at one place are one binding', () => {
    const [x, reshaped] = [input([6], 'float32'), input([2, 3], 'float32')]
    const y = stage([2, 3], 'float32', (i, j) => read(x, [i!.mul(3).add(j!)]).add(read(reshaped, [i!, j!])))
    const { kernels } = planProgram([x, reshaped], [false, false], [y], on({}, b => (b === reshaped ? x : b)))
    expect(names(kernels[0]!.code)).toBe(2)
  })

  it('small elements are written a word at a time', () => {
    const x = input([7], 'uint8')
    const { kernels } = planProgram([x], [false], [stage([7], 'uint8', i => read(x, [i!]).add(1))], on())
    expect(kernels[0]!.bindings.map(b => b.bytes)).toEqual([8, 8])
    expect(kernels[0]!.code).toContain('word |=')
  })

  it('more invocations than one dimension has spread over two', () => {
    const x = input([2 ** 23], 'float32')
    const { kernels } = planProgram([x], [false], [stage(x.shape, 'float32', i => read(x, [i!]).neg())], on())
    const [columns, rows] = kernels[0]!.groups
    expect(columns).toBeLessThanOrEqual(leastProfile.groupsPerDimension)
    expect(columns * rows * 64).toBeGreaterThanOrEqual(2 ** 23)
  })

  it('nothing is launched for no elements', () => {
    const x = input([0, 3], 'float32')
    expect(planProgram([x], [false], [stage([0, 3], 'float32', (i, j) => read(x, [i!, j!]).neg())], on()).kernels).toEqual([])
  })
})
