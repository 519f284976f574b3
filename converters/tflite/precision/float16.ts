import { bytesOf, deferredTensor, viewOf } from '../../../src/ir/tensor.ts'
import type { Precision } from '../../../src/spi/format.ts'
import { halfError, toHalves } from './half.ts'
import { floatsOf } from './measure.ts'
import { heldAs, inherit, putBehindDequantize } from './store.ts'
import { largeConstants } from './weights.ts'

/** Rounding to binary16 is off by at most 2^-11 of each number; four times that tells of numbers that are too large or too small for it. */
const worstError = 2 ** -9

/** Weights as float16 behind DEQUANTIZE, computed with as float32. What float16 can't hold stays float32. */
export const float16: Precision = {
  relL2: 1e-2,
  unequal: 0.01,
  async apply(model) {
    const kept: { name: string; reason: string }[] = []
    let [stored, before, after] = [0, 0, 0]
    for (const [value, places] of largeConstants(model)) {
      const from = value.constant!
      const error = halfError(await floatsOf(from))
      if (error > worstError) {
        kept.push({ name: value.name, reason: error === Infinity ? 'numbers beyond 65504' : `float16 would be off by ${error.toExponential(1)}` })
        continue
      }
      const tensor = deferredTensor('float16', from.shape, [from], 'to-float16', ([bytes]) => bytesOf(toHalves(viewOf('float32', bytes!) as Float32Array)))
      const held = heldAs({ tensor }, value, places[0]!)
      putBehindDequantize(held, places, 'store-float16')
      inherit(value, held)
      stored++
      before += from.byteLength
      after += tensor.byteLength
    }
    return { stored, bytes: [before, after], kept }
  },
}
