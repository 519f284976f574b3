import { describe } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Case, Draw } from './harness.ts'
import { integers } from './harness.ts'
import { against } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const types = ['uint8', 'int8'] as const

describe('quantized parts of transformers', () => {
  against('QAttention', (d, v) => {
    const w: DType = types[v % 2]!
    const [batch, rows, inner, heads, size] = [1 + d.below(2), 1 + d.below(5), 3 + d.below(6), 1 + d.below(3), 2 + 2 * d.below(3)]
    const hidden = heads * size
    const past = v % 4 === 3 ? 2 : 0
    const many = v % 3 === 1
    const [wScale, wZero] = d.grid(w, 0.002, 0.01, many ? [3 * hidden] : [])
    const masks = [
      undefined,
      integers('int32', Array.from({ length: batch }, () => 1 + d.below(rows + past))),
      d.integers('int32', [batch, rows + past], [0, 1]),
      undefined,
    ]
    return {
      op: 'com.microsoft::QAttention',
      inputs: [
        d.integers('uint8', [batch, rows, inner]), d.integers(w, [inner, 3 * hidden]), d.floats([3 * hidden]), d.floats([], 0.005, 0.02), wScale,
        masks[(v >> 1) % 4], d.integers('uint8', []), v % 5 === 4 && !many ? undefined : wZero, past ? d.floats([2, batch, heads, past, size]) : undefined,
      ],
      init: { num_heads: heads, unidirectional: v % 7 === 6 ? 1 : 0, ...(v % 5 === 2 && { scale: { type: 'float' as const, value: 0.3 } }) },
      outputs: v % 4 === 3 ? 2 : 1,
      constants: v % 3 ? [1, 4, 7] : [],
    }
  }, { variants: 32, relative: 2e-6 })
  against('QEmbedLayerNormalization', (d, v) => {
    const dtype: DType = types[v % 2]!
    const [batch, rows, hidden, words, places] = [1 + d.below(3), 1 + d.below(5), 4 + d.below(9), 6, 7]
    const segments = v % 3 !== 2
    const grids = Array.from({ length: 5 }, (_, i) => d.grid(dtype, 0.01, 0.05).map(t => (i === 2 && !segments ? undefined : t)))
    const tables = [[words, hidden], [places, hidden], [2, hidden], [hidden], [hidden]].map((shape, i) => (i === 2 && !segments ? undefined : d.integers(dtype, shape)))
    return {
      op: 'com.microsoft::QEmbedLayerNormalization',
      inputs: [
        d.integers('int32', [batch, rows], [0, words - 1]), segments ? d.integers('int32', [batch, rows], [0, 1]) : undefined, ...tables,
        v % 4 === 1 ? undefined : d.integers('int32', [batch, rows], [0, 1]), ...grids.map(g => g[0]), ...grids.map(g => g[1]),
      ],
      init: { epsilon: { type: 'float' as const, value: 1e-6 } },
      outputs: 2,
      constants: v % 2 ? [2, 3, 4, 5, 6] : [],
    }
  }, { variants: 16, relative: 2e-6 })
})

describe('quantized recurrence', () => {
  const recurrent = (several: boolean) => (d: Draw, v: number): Case => {
    const w: DType = types[v % 2]!
    const directions = v % 3 === 2 ? 2 : 1
    const [steps, batch, size, hidden] = [[1, 3, 5, 20][v % 4]!, !several && v % 5 === 3 ? 1 : 1 + d.below(3), 2 + d.below(5), 2 + d.below(4)]
    const many = (v >> 1) % 2 === 1
    const grid = () => {
      const shape = many ? [directions, 4 * hidden] : [directions]
      return [d.floats(shape, 0.002, 0.01), w === 'int8' ? d.integers(w, shape, [0, 0]) : d.integers(w, shape, [128, 128])]
    }
    const lengths = several || v % 5 === 3 ? integers('int32', Array.from({ length: batch }, () => 1 + d.below(steps))) : undefined
    const state = () => (v % 4 === 1 ? d.floats([directions, batch, hidden]) : undefined)
    return {
      op: 'com.microsoft::DynamicQuantizeLSTM',
      inputs: [
        d.floats([steps, batch, size]), d.integers(w, [directions, size, 4 * hidden]), d.integers(w, [directions, hidden, 4 * hidden]), v % 7 === 6 ? undefined : d.floats([directions, 8 * hidden]),
        lengths, state(), state(), v % 6 === 5 ? d.floats([directions, 3 * hidden]) : undefined, ...grid(), ...grid(),
      ],
      init: { hidden_size: hidden, direction: directions === 2 ? 'bidirectional' : v % 3 ? 'reverse' : 'forward' },
      outputs: 3,
      constants: [1, 2, 8, 9, 10, 11],
    }
  }
  against('DynamicQuantizeLSTM', recurrent(false), { variants: 24, relative: 1e-5 })
  // the rows of a step share a scale, and onnxruntime has other rows at hand where sequences have ended: one step of 8 bits
  against('DynamicQuantizeLSTM of sequences of different lengths', recurrent(true), { variants: 12, relative: 2 ** -7 })
})
