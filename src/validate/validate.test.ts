import { describe, expect, test } from 'vitest'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor } from '../ir/tensor.ts'
import { inverse, permuted, withDType } from './adapt.ts'
import { compareDatum } from './compare.ts'
import { differenceOf } from './metrics.ts'
import { Random } from './random.ts'

describe('differences', () => {
  test('closed forms: [3, 4] against [3, 5]', async () => {
    const d = await differenceOf(float32Tensor([3, 4]), float32Tensor([3, 5]))
    expect(d).toMatchObject({ maxAbs: 1, worst: 1, relL2: 1 / 5, rms: Math.SQRT1_2, unequal: 1, unlike: 0, count: 2 })
    expect((d as { cosine: number }).cosine).toBeCloseTo(29 / (5 * Math.sqrt(34)), 12)
  })
  test('NaN is like NaN and unlike everything else', async () => {
    expect(await differenceOf(float32Tensor([NaN, 1]), float32Tensor([NaN, 1]))).toMatchObject({ unlike: 0, relL2: 0 })
    expect(await differenceOf(float32Tensor([NaN, 1]), float32Tensor([0, 1]))).toMatchObject({ unlike: 1, relL2: Infinity })
    expect(await differenceOf(float32Tensor([Infinity]), float32Tensor([Infinity]))).toMatchObject({ unequal: 0, maxAbs: 0 })
  })
  test('another shape is no number', async () => {
    expect(await differenceOf(float32Tensor([1, 2]), float32Tensor([1, 2], [2, 1]))).toEqual({ reason: 'shape [2] became [2, 1]' })
  })
})

describe('verdicts', () => {
  const tolerance = { relL2: 1e-5 }
  test('floats pass within the tolerance and within what rounding does, not beyond', async () => {
    const a = float32Tensor([1, 1])
    expect((await compareDatum('y', a, float32Tensor([1, 1.000005]), tolerance)).passed).toBe(true)
    expect((await compareDatum('y', a, float32Tensor([1, 1.0001]), tolerance)).passed).toBe(false)
    expect((await compareDatum('y', a, float32Tensor([1, 1.0001]), tolerance, 1e-4)).passed).toBe(true)
  })
  test('integers must be the same', async () => {
    const verdict = await compareDatum('y', int64Tensor([1, 2]), int64Tensor([1, 3]), { relL2: 1 })
    expect(verdict).toMatchObject({ passed: false, reason: '1 of 2 elements of int64 differ' })
  })
  test('a missing output fails', async () => {
    expect((await compareDatum('y', int64Tensor([1]), undefined, tolerance)).passed).toBe(false)
  })
})

describe('changes of interface are undone', () => {
  test('axes', async () => {
    const x = inlineTensor('int16', [2, 3, 4], bytesOf(Int16Array.from({ length: 24 }, (_, i) => i)))
    const turned = await permuted(x, [1, 2, 0])
    expect(turned.shape).toEqual([3, 4, 2])
    // element [i, j, k] of the result is element [k, i, j] of the source
    const view = new Int16Array((await turned.load()).slice().buffer)
    expect(view[(2 * 4 + 1) * 2 + 1]).toBe((1 * 3 + 2) * 4 + 1)
    expect(await (await permuted(turned, inverse([1, 2, 0]))).load()).toEqual(await x.load())
  })
  test('dtypes', async () => {
    expect(await (await withDType(int64Tensor([-1, 7]), 'int32')).load()).toEqual(bytesOf(Int32Array.of(-1, 7)))
  })
})

test('the same seed gives the same numbers, another seed others, and they are spread evenly', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, ((r: Random) => () => r.uniform())(new Random(seed)))
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
  const mean = draw(3).reduce((a, b) => a + b) / 1000
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
})

test('a share of integers may differ where the tolerance says so', async () => {
  const [a, b] = [int64Tensor(Array.from({ length: 100 }, () => 1)), int64Tensor(Array.from({ length: 100 }, (_, i) => (i === 3 ? 2 : 1)))]
  expect((await compareDatum('y', a, b, { relL2: 1 })).passed).toBe(false)
  expect((await compareDatum('y', a, b, { relL2: 1, unequal: 0.01 })).passed).toBe(true)
  expect((await compareDatum('y', a, b, { relL2: 1, unequal: 0.009 })).passed).toBe(false)
})
