import { describe, expect, it } from 'vitest'
import type { Buffer } from '../../../../src/expr/expr.ts'
import { input, read, select, stage, sum } from '../../../../src/expr/expr.ts'
import type { Profile } from '../../profile.ts'
import { leastProfile } from '../../profile.ts'
import { bytesOfBuffer } from '../kernel.ts'
import { chooseWay } from './choose.ts'
import { contractionStage, isContraction } from './index.ts'
import { productOf } from './product.ts'
import { sharedBytes, threadsOf } from './shared.ts'

// What is made of which product, without an adapter; that the kernels are right is tested in tests/webgpu/contraction.test.ts.

const software: Profile = { ...leastProfile, software: true }
const extents = (axes: readonly { node: { extent: number } }[]): number[] => axes.map(v => v.node.extent)

function matmul(m: number, n: number, k: number, batch = 1): Buffer {
  const [a, b] = [input([batch, m, k], 'float32'), input([batch, k, n], 'float32')]
  return stage([batch, m, n], 'float32', (o, i, j) => sum([k], t => read(a, [o!, i!, t!]).mul(read(b, [o!, t!, j!]))))
}

function convolution(channels: number, group: number, size: number): Buffer {
  const inner = channels / group
  const [x, w] = [input([1, channels, size, size], 'float32'), input([channels, inner, 3, 3], 'float32')]
  return stage([1, group, inner, size, size], 'float32', (n, g, m, p, q) =>
    sum([inner, 3, 3], (c, r, s) => {
      const [y, z] = [p!.add(r!).sub(1), q!.add(s!).sub(1)]
      return select(y.inside(0, size).and(z.inside(0, size)), read(x, [n!, g!.mul(inner).add(c!), y, z]), 0).mul(read(w, [g!.mul(inner).add(m!), c!, r!, s!]))
    }),
  )
}

describe('products', () => {
  it('have rows, columns, outer axes and terms', () => {
    const { rows, columns, outer, terms } = productOf(matmul(20, 30, 40, 5))!
    expect([rows, columns, outer, terms].map(extents)).toEqual([[20], [30], [5], [40]])
  })
  it('of a convolution: channels are rows, places columns', () => {
    const { rows, columns, outer, terms } = productOf(convolution(8, 1, 10))!
    expect([rows, columns, outer, terms].map(extents)).toEqual([[8], [10, 10], [], [8, 3, 3]])
  })
  it('of a convolution for each channel have no rows', () => {
    const { rows, columns, outer, terms } = productOf(convolution(8, 8, 10))!
    expect([rows, columns, outer, terms].map(extents)).toEqual([[], [10, 10], [8], [3, 3]])
  })
  it('are one sum of two factors', () => {
    const x = input([64, 64], 'float32')
    expect(productOf(stage([64], 'float32', i => sum([64], j => read(x, [i!, j!]))))).toBe(undefined)
    expect(productOf(stage([64], 'float32', i => sum([64], j => read(x, [i!, j!]).mul(read(x, [i!, j!])))))).toBe(undefined)
    expect(isContraction(matmul(4, 4, 4))).toBe(false)
    expect(isContraction(matmul(16, 16, 16))).toBe(true)
  })
})

describe('ways', () => {
  it('share no memory on software drivers', () => {
    for (const target of [matmul(256, 256, 256), matmul(1, 1000, 2048), convolution(64, 1, 56), convolution(144, 144, 56)]) expect(chooseWay(productOf(target)!, software).kind).toBe('registers')
  })
  it('share it on real GPUs, in tiles that leave few results unused', () => {
    const way = chooseWay(productOf(matmul(1024, 1024, 1024))!, leastProfile)
    expect(way.kind === 'shared' && [way.tile.rows * way.tile.down, way.tile.columns * way.tile.across]).toEqual([128, 64])
    const small = chooseWay(productOf(matmul(32, 32, 64, 200))!, leastProfile)
    expect(small.kind === 'shared' && [small.tile.rows * small.tile.down, small.tile.columns * small.tile.across]).toEqual([32, 32])
  })
  it('take the terms apart where there are few results', () => {
    expect(chooseWay(productOf(matmul(64, 64, 100_000))!, leastProfile).kind).toBe('split')
    expect(chooseWay(productOf(matmul(1, 3, 100_000))!, software).kind).toBe('split')
  })
  it('lie along the terms where these lie close', () => {
    const [a, b] = [input([1, 2048], 'float32'), input([1000, 2048], 'float32')]
    expect(chooseWay(productOf(stage([1, 1000], 'float32', (i, j) => sum([2048], t => read(a, [i!, t!]).mul(read(b, [j!, t!])))))!, leastProfile).kind).toBe('tree')
  })
  it('stay within the least limits', () => {
    for (const target of [matmul(1024, 1024, 1024), matmul(70, 70, 70), matmul(32, 32, 512)]) {
      const way = chooseWay(productOf(target)!, leastProfile)
      if (way.kind === 'shared') {
        expect(threadsOf(way.tile)).toBeLessThanOrEqual(leastProfile.workgroupThreads)
        expect(sharedBytes(way.tile)).toBeLessThanOrEqual(leastProfile.workgroupBytes)
      }
    }
  })
})

describe('kernels', () => {
  it('of sums in parts hand these on', () => {
    const target = matmul(64, 64, 100_000)
    const { kernels, between } = contractionStage({ profile: leastProfile, root: b => b }, target)
    expect(kernels.length).toBe(between.length + 1)
    expect(kernels.at(-1)!.targets).toEqual([target])
    expect(between.every(b => kernels.some(k => k.targets.includes(b)) && kernels.some(k => k.reads.includes(b)))).toBe(true)
    expect(bytesOfBuffer(between[0]!) % (64 * 64 * 4)).toBe(0)
  })
  it('of many workgroups spread over two dimensions', () => {
    const { kernels } = contractionStage({ profile: { ...leastProfile, groupsPerDimension: 100 }, root: b => b }, matmul(1024, 1024, 1024))
    const [x, y, z] = kernels[0]!.groups
    expect([x, z]).toEqual([100, 1])
    expect(x * y).toBeGreaterThanOrEqual((1024 * 1024) / (128 * 64))
  })
  it('are equal for equal stages', () => {
    const code = (): unknown => contractionStage({ profile: leastProfile, root: b => b }, convolution(16, 1, 20)).kernels.map(k => [k.code, k.groups])
    expect(code()).toEqual(code())
  })
})
