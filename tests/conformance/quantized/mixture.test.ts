import { describe } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import { float } from '../../../src/ir/attribute.ts'
import type { Case, Draw } from './harness.ts'
import { against } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const activations = ['relu', 'gelu', 'silu', 'identity', 'swiglu'] as const

const attributes = (d: Draw, v: number): NonNullable<Case['init']> => {
  const activation = activations[v % 5]!
  const swiglu = activation === 'swiglu'
  return { k: 1 + d.below(3), activation_type: activation, normalize_routing_weights: v % 2, ...(swiglu && { swiglu_fusion: 1, activation_alpha: float(1.7), activation_beta: float(1), ...(v % 2 && { swiglu_limit: float(0.7) }) }) }
}
const sizes = (d: Draw, v: number, step: number) => ({ rows: v % 3 === 2 ? [2, 1 + d.below(3)] : [1 + d.below(5)], hidden: step * (1 + d.below(2)), inner: step * (1 + d.below(3)), experts: 3 + d.below(3) })

describe('mixtures of experts', () => {
  const quantized = (dtype: DType) => (d: Draw, v: number): Case => {
    const init = attributes(d, v)
    const bits = [4, 8, 2][(v >> 1) % 3]!
    // onnxruntime takes scales of one block for scales of rows
    const block = v % 4 === 3 && bits < 8 ? 16 : 0
    const { rows, hidden, inner, experts } = sizes(d, v, block ? (16 * 8) / bits : 16)
    const wide = inner * (init['activation_type'] === 'swiglu' ? 2 : 1)
    const count = rows.reduce((a, n) => a * n, 1)
    const matrix = (outer: number, of: number) => d.integers('uint8', [experts, outer, (of * bits) / 8])
    const scales = (outer: number, of: number) => d.floats(block ? [experts, outer, of / block] : [experts, outer], 0.01, 0.05, dtype)
    const zeros = (outer: number, of: number) => (v % 7 < 4 ? undefined : d.integers('uint8', block ? [experts, outer, Math.ceil((of / block / 8) * bits)] : [experts, Math.ceil((outer / 8) * bits)]))
    const bias = (outer: number) => (v % 3 ? d.floats([experts, outer], -1, 1, dtype) : undefined)
    return {
      op: 'com.microsoft::QMoE',
      inputs: [
        d.floats([...rows, hidden], -1, 1, dtype), d.floats([count, experts], -2, 2, dtype), matrix(wide, hidden), scales(wide, hidden), bias(wide), matrix(hidden, inner), scales(hidden, inner), bias(hidden),
        undefined, undefined, undefined, zeros(wide, hidden), zeros(hidden, inner), undefined, v % 5 === 2 ? d.floats([count, experts], 0.1, 1, dtype) : undefined,
      ],
      init: { ...init, expert_weight_bits: bits, ...(block && { block_size: block }) },
      constants: v % 2 ? [2, 3, 4, 5, 6, 7, 11, 12] : [],
    }
  }
  against('QMoE', quantized('float32'), { variants: 40, relative: 2e-6 })
  against('QMoE of float16', quantized('float16'), { variants: 10, relative: 2 ** -10 })
  against('MoE', (d, v) => {
    const init = attributes(d, v)
    const { rows, hidden, inner, experts } = sizes(d, v, 4)
    const wide = inner * (init['activation_type'] === 'swiglu' ? 2 : 1)
    const count = rows.reduce((a, n) => a * n, 1)
    const bias = (outer: number) => (v % 3 ? d.floats([experts, outer]) : undefined)
    return { op: 'com.microsoft::MoE', inputs: [d.floats([...rows, hidden]), d.floats([count, experts], -2, 2), d.floats([experts, wide, hidden]), bias(wide), d.floats([experts, hidden, inner]), bias(hidden)], init, constants: v % 2 ? [2, 3, 4, 5] : [] }
  }, { variants: 20, relative: 2e-6 })
})
