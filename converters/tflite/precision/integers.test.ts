import { expect, it } from 'vitest'
import { float32Tensor, viewOf } from '../../../src/ir/tensor.ts'
import { integersOf } from './integers.ts'

const weights = Float32Array.of(1, -2, 0.4, 0, 0, 0, 127, 63.5, -254)

// expected by hand: the largest magnitude of a channel is 127 (7), halves go up
it('gives each channel its scale', async () => {
  const { tensor, grain } = integersOf(float32Tensor(weights, [3, 3]), weights, 0, 'int8')!
  expect(grain).toEqual({ scale: [Math.fround(2 / 127), 1, 2], zero: [0, 0, 0], axis: 0 })
  expect([...viewOf('int8', await tensor.load())]).toEqual([64, -127, 25, 0, 0, 0, 64, 32, -127])
})

it('follows an axis in the middle', async () => {
  const { tensor, grain } = integersOf(float32Tensor(weights.subarray(0, 4), [1, 2, 2]), weights.subarray(0, 4), 1, 'int8')!
  expect(grain.scale).toEqual([Math.fround(2 / 127), Math.fround(Math.fround(0.4) / 127)])
  expect([...viewOf('int8', await tensor.load())]).toEqual([64, -127, 127, 0])
})

it('packs four bits, the first in the low ones', async () => {
  const given = Float32Array.of(7, -7, 3)
  const { tensor, grain } = integersOf(float32Tensor(given), given, undefined, 'int4')!
  expect(grain).toEqual({ scale: [1], zero: [0], axis: 0 })
  expect([...(await tensor.load())]).toEqual([0x97, 0x03])
})

it('has no scale for what is infinite', () => {
  const given = Float32Array.of(1, Infinity)
  expect(integersOf(float32Tensor(given), given, undefined, 'int8')).toBeUndefined()
})
