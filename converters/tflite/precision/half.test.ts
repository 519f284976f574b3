import { expect, it } from 'vitest'
import { halfToNumber, numberToHalf } from '../../../src/ir/minifloat.ts'
import { halfError, toHalves } from './half.ts'

// against IEEE 754's rounding done with doubles (src/ir/minifloat.ts)
it('rounds as binary16 does, at and between all its numbers', () => {
  const numbers: number[] = [65504, 65519.996, 65520, 1e9, -1e-9, 0, -0, Infinity, -Infinity, 2 ** -24, 2 ** -25, 2 ** -14 - 2 ** -26]
  for (let bits = 0; bits < 0x7c00; bits += 7) {
    const [low, high] = [halfToNumber(bits), halfToNumber(bits + 1)]
    numbers.push(low, -low, (low + high) / 2, -(low + high) / 2, low + (high - low) * 0.4999, low + (high - low) * 0.5001)
  }
  const floats = Float32Array.from(numbers)
  expect([...toHalves(floats)]).toEqual(Array.from(floats, numberToHalf))
})

it('keeps what is no number', () => {
  expect(halfToNumber(toHalves(Float32Array.of(NaN))[0]!)).toBeNaN()
})

it('tells what rounding costs', () => {
  expect(halfError(Float32Array.of(1, 0.5, -2, Infinity))).toBe(0)
  expect(halfError(Float32Array.of(1, 70000))).toBe(Infinity)
  // a third of the least step: rounded to nothing, or half of it
  expect(halfError(Float32Array.of(2 ** -25))).toBe(1)
  expect(halfError(Float32Array.of(1 + 2 ** -11))).toBeCloseTo(2 ** -11 / (1 + 2 ** -11), 9)
})
