import { describe, expect, it } from 'vitest'
import { LapidaryError } from '../../../src/diag/diagnostic.ts'
import { int64Tensor } from '../../../src/ir/tensor.ts'
import type { Case } from './harness.ts'
import { Draw, actual } from './harness.ts'

const d = new Draw(3)
const ms = (op: string, inputs: Case['inputs'], init: Case['init'] = {}): Case => ({ op: `com.microsoft::${op}`, inputs, init: init! })
const u8 = (...shape: number[]) => d.integers('uint8', shape)
const f32 = (...shape: number[]) => d.floats(shape)
const grid = (): [ReturnType<typeof f32>, ReturnType<typeof u8>] => [f32(), u8()]

const cases: readonly (readonly [string, Case])[] = [
  ['shapes that do not broadcast', ms('QLinearAdd', [u8(3), ...grid(), u8(4), ...grid(), ...grid()])],
  ['a part without scale', ms('QLinearConcat', [...grid(), u8(3), ...grid(), u8(3)], { axis: 0 })],
  ['no opset', ms('QLinearSoftmax', [u8(3), ...grid(), ...grid()])],
  ['an axis that is not there', ms('QLinearSoftmax', [u8(3), ...grid(), ...grid()], { opset: 13, axis: 3 })],
  ['a pool without kernel', ms('QLinearAveragePool', [u8(1, 1, 3, 3), ...grid(), ...grid()])],
  ['inner sizes that differ', ms('QGemm', [u8(3, 4), ...grid(), u8(5, 3), ...grid(), undefined, ...grid()])],
  ['weights of 3 bits', ms('MatMulNBits', [f32(2, 16), u8(4, 1, 8), f32(4)], { K: 16, N: 4, bits: 3, block_size: 16 })],
  ['fewer weights than stated', ms('MatMulNBits', [f32(2, 16), u8(2, 1, 8), f32(4)], { K: 16, N: 4, bits: 4, block_size: 16 })],
  ['more columns than memory', ms('MatMulNBits', [f32(2, 16), u8(4, 1, 8), f32(4)], { K: 16, N: 2 ** 40, bits: 4, block_size: 16 })],
  ['a block size of 0', ms('MatMulNBits', [f32(2, 16), u8(4, 1, 8), f32(4)], { K: 16, N: 4, bits: 4, block_size: 0 })],
  ['a table that is none', ms('MatMulBnb4', [f32(2, 16), u8(32), f32(4)], { K: 16, N: 4, block_size: 16, quant_type: 2 })],
  ['fewer scales than blocks', ms('MatMulBnb4', [f32(2, 16), u8(32), f32(2)], { K: 16, N: 4, block_size: 16, quant_type: 1 })],
  ['a blob that is too short', ms('MatMulFpQ4', [f32(2, 32), u8(20), int64Tensor([32, 4])])],
  ['scales of other blocks', ms('GatherBlockQuantized', [u8(4, 16), int64Tensor([0]), f32(4, 3)], { block_size: 16 })],
  ['a packed axis that is not the last', ms('GatherBlockQuantized', [u8(4, 16), int64Tensor([0]), f32(4, 3)], { block_size: 16, quantize_axis: 0 })],
  ['no heads', ms('QAttention', [u8(1, 2, 4), u8(4, 12), f32(12), f32(), f32()], { num_heads: 0 })],
  ['heads that do not divide', ms('QAttention', [u8(1, 2, 4), u8(4, 12), f32(12), f32(), f32()], { num_heads: 3 })],
  ['float8 experts', ms('QMoE', [f32(2, 16), f32(2, 3), u8(3, 8, 8), f32(3, 8), undefined, u8(3, 16, 4), f32(3, 16)], { quant_type: 'fp4' })],
  ['an activation that is none', ms('QMoE', [f32(2, 16), f32(2, 3), u8(3, 8, 8), f32(3, 8), undefined, u8(3, 16, 4), f32(3, 16)], { activation_type: 'sine' })],
]

describe('quantized operators on bad input', () => {
  it.each(cases)('%s', async (_, c) => {
    for (const precision of ['exact', 'fast'] as const) {
      const error: unknown = await (async () => actual(c, precision))().then(() => undefined, (e: unknown) => e)
      expect(error).toBeInstanceOf(LapidaryError)
      expect((error as LapidaryError).diagnostics[0]!.code).toMatch(/^(ir\.infer\.invalid|ops\.(compute\.invalid|memory\.refused))$/)
    }
  })
})
