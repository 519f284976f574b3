import { describe } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import type { Case, Draw } from './harness.ts'
import { against } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const pairs = [[[3, 4, 5], [3, 4, 5]], [[2, 3, 70], [70]], [[1], [33]], [[3, 1], [1, 7]], [[], [2, 3]], [[4, 1, 6], [5, 1]], [[129], []], [[2, 0], [1]]] as const
const types = ['uint8', 'int8'] as const
const binary = (op: string) => (d: Draw, v: number): Case => {
  const dtype: DType = types[v % 2]!
  const [a, b] = pairs[(v >> 1) % pairs.length]!
  const scales: Tensor[][] = [0, 1, 2].map(() => d.grid(dtype))
  return { op: `com.microsoft::${op}`, inputs: [d.integers(dtype, a), ...scales[0]!, d.integers(dtype, b), ...scales[1]!, ...scales[2]!], constants: v % 3 ? [1, 2, 4, 5, 6, 7] : [] }
}
const unary = (op: string, init: (d: Draw) => Case['init'] = () => ({})) => (d: Draw, v: number): Case => {
  const dtype = types[v % 2]!
  const [from, to] = [d.grid(dtype), d.grid(dtype, 0.003, 0.02)]
  return { op: `com.microsoft::${op}`, inputs: [d.integers(dtype, [[2, 129], [7], [], [3, 1, 5]][(v >> 1) % 4]!), from[0], v % 5 === 4 ? undefined : from[1], to[0], to[1]], init: init(d)!, constants: v % 3 ? [1, 2, 3, 4] : [] }
}

describe('operators on quantized tensors, element by element', () => {
  against('QLinearAdd', binary('QLinearAdd'), { variants: 32 })
  against('QLinearMul', binary('QLinearMul'), { variants: 32 })
  against('QLinearSigmoid', unary('QLinearSigmoid'), { variants: 16 })
  against('QLinearLeakyRelu', unary('QLinearLeakyRelu', d => ({ alpha: { type: 'float', value: d.unit() } })), { variants: 16 })
  against('QLinearWhere', (d, v) => {
    const dtype = types[v % 2]!
    const [x, y, z] = [d.grid(dtype), d.grid(dtype), d.grid(dtype)]
    const [a, b] = pairs[(v >> 1) % 4]!
    return { op: 'com.microsoft::QLinearWhere', inputs: [d.integers('bool', a, [0, 1]), d.integers(dtype, b), ...x, d.integers(dtype, v % 3 ? a : []), ...y, ...z], constants: v % 3 ? [2, 3, 5, 6, 7, 8] : [] }
  }, { variants: 16 })
  against('QLinearConcat', (d, v) => {
    const dtype = types[v % 2]!
    const rank = 1 + d.below(3)
    const axis = d.below(rank)
    const shape = Array.from({ length: rank }, () => 1 + d.below(5))
    const parts = Array.from({ length: 1 + d.below(4) }, () => [d.integers(dtype, shape.map((n, i) => (i === axis ? d.below(6) + 1 : n))), ...d.grid(dtype)])
    return { op: 'com.microsoft::QLinearConcat', inputs: [...d.grid(dtype), ...parts.flat()], init: { axis: d.below(2) ? axis : axis - rank }, constants: [0, 1, 3, 4] }
  }, { variants: 16 })
})

describe('operators on quantized tensors, over axes', () => {
  against('QLinearSoftmax', (d, v) => {
    const dtype = types[v % 2]!
    const shape = [[2, 17], [3, 4, 5], [9], [2, 3, 4, 2]][(v >> 1) % 4]!
    const opset = v % 4 < 2 ? 13 : 11
    const [from, to] = [d.grid(dtype, 0.01, 0.3), [d.floats([], 1 / 256, 1 / 200), d.integers(dtype, [], dtype === 'int8' ? [-128, -100] : [0, 10])]]
    return { op: 'com.microsoft::QLinearSoftmax', inputs: [d.integers(dtype, shape), ...from, ...to], init: { opset, ...(v % 5 ? { axis: d.below(shape.length) - (v % 3 ? shape.length : 0) } : opset < 13 && shape.length < 2 ? { axis: 0 } : {}) }, constants: v % 3 ? [1, 2, 3, 4] : [] }
  }, { variants: 24 })
  const pool = (op: string, channelsLast: 0 | 1) => (d: Draw, v: number): Case => {
    const dtype = types[v % 2]!
    const spatial = [[7, 6], [9], [5, 4, 6], [8, 8]][(v >> 1) % 4]!
    const kernel = spatial.map(() => 1 + d.below(3))
    const shape = channelsLast ? [2, ...spatial, 3] : [2, 3, ...spatial]
    const global = op.includes('Global')
    const init = global ? {} : {
      kernel_shape: kernel,
      strides: spatial.map(() => 1 + d.below(2)),
      ...(v % 4 === 3 ? { auto_pad: d.one(['SAME_UPPER', 'SAME_LOWER', 'VALID']) } : { pads: [...kernel, ...kernel].map(n => d.below(n)) }),
      count_include_pad: d.below(2),
      ceil_mode: v % 6 === 5 ? 1 : 0,
    }
    return { op: `com.microsoft::${op}`, inputs: [d.integers(dtype, shape), ...d.grid(dtype), ...d.grid(dtype)], init: { ...init, channels_last: channelsLast }, constants: v % 3 ? [1, 2, 3, 4] : [] }
  }
  against('QLinearGlobalAveragePool', pool('QLinearGlobalAveragePool', 0), { variants: 12 })
  against('QLinearGlobalAveragePool, channels last', pool('QLinearGlobalAveragePool', 1), { variants: 12 })
  against('QLinearAveragePool', pool('QLinearAveragePool', 0), { variants: 16 })
  against('QLinearAveragePool, channels last', pool('QLinearAveragePool', 1), { variants: 16 })
  against('QLinearConv', (d, v) => {
    const dtype = types[v % 2]!
    const weights = dtype === 'int8' ? 'int8' : types[(v >> 1) % 2]!
    const last = v % 3 === 2
    const group = d.one([1, 1, 2, 3])
    const [inner, outer] = [1 + d.below(4), 1 + d.below(3)]
    const spatial = d.one([[7, 6], [9], [8, 5]])
    const kernel = spatial.map(() => 1 + d.below(3))
    const channels = inner * group
    const many = d.below(2) === 1
    const w = d.integers(weights, [outer * group, inner, ...kernel])
    const wScale = d.floats(many ? [outer * group] : [], 0.002, 0.02)
    const wZero = weights === 'int8' ? d.integers('int8', wScale.shape, [0, 0]) : d.integers('uint8', wScale.shape, [128, 128])
    return {
      op: last ? 'com.microsoft::QLinearConv' : d.one(['com.microsoft::QLinearConv', 'QLinearConv']),
      inputs: [d.integers(dtype, last ? [2, ...spatial, channels] : [2, channels, ...spatial]), ...d.grid(dtype), w, wScale, wZero, ...d.grid(dtype, 0.01, 0.1), ...(v % 4 ? [d.integers('int32', [outer * group], [-2000, 2000])] : [])],
      init: { group, kernel_shape: kernel, pads: [...kernel, ...kernel].map(n => d.below(n)), strides: spatial.map(() => 1 + d.below(2)), dilations: spatial.map(() => 1 + d.below(2)), ...(last && { channels_last: 1 }) },
      constants: [1, 2, 3, 4, 5, 6, 7, 8],
    }
  }, { variants: 32 })
})
