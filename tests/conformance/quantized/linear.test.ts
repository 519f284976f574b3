import { describe } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import { numberToHalf } from '../../../src/ir/minifloat.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, inlineTensor } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { rangeOf } from '../../../src/ops/kit/quantize.ts'
import type { Case, Draw } from './harness.ts'
import { against } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off. What it has no kernels for is checked against onnx's reference evaluator in onnx.test.ts.
type Grain = 'tensor' | 'axis' | 'blocks'
const grains: readonly Grain[] = ['tensor', 'axis', 'blocks']

/** The shape of scales of so fine a grain, and the attributes that say so. */
function grainOf(d: Draw, grain: Grain, shape: readonly number[]): { readonly shape: readonly number[]; readonly init: Readonly<Record<string, number>> } {
  if (grain === 'tensor') return { shape: [], init: {} }
  const axis = d.below(shape.length)
  const named = d.below(2) ? axis : axis - shape.length
  if (grain === 'axis') return { shape: [shape[axis]!], init: { axis: named } }
  // onnxruntime refuses blocks where there is but one scale
  const block = 1 + d.below(shape[axis]! - (shape.length === 1 ? 1 : 0))
  return { shape: shape.map((n, i) => (i === axis ? Math.ceil(n / block) : n)), init: { axis: named, block_size: block } }
}
const shapes = [[3, 4, 6], [2, 35], [4, 2, 3, 5], [6]] as const

const powers = (d: Draw, shape: readonly number[]): Tensor => inlineTensor('float16', shape, bytesOf(Uint16Array.from({ length: elementCount(shape) }, () => numberToHalf(2 ** -(3 + d.below(4))))))
const quantize = (to: DType, from: DType, domain = '') => (d: Draw, v: number): Case => {
  const shape = shapes[d.below(shapes.length)]!
  const g = grainOf(d, domain === '' ? grains[v % 3]! : grains[v % 2]!, shape)
  const wide = Math.min(rangeOf(to)[1], 3000)
  const zero = v % 4 === 3 ? undefined : d.integers(to, g.shape, to.endsWith('16') ? [0, 300] : undefined)
  return {
    op: `${domain}QuantizeLinear`,
    // onnxruntime divides float16 in float32, where the specification (of `precision`) and onnx's reference round the quotient to float16: powers of two come out alike
    inputs: [d.floats(shape, -0.06 * wide, 0.06 * wide, from), from === 'float16' ? powers(d, g.shape) : d.floats(g.shape, 0.01, 0.1, from), ...(zero || domain !== '' ? [zero] : [])],
    init: { ...g.init, ...(domain === '' && zero === undefined && { output_dtype: numberOfDType(to) }) },
    constants: v % 3 ? [1, 2] : [],
    opset: 21,
  }
}
const dequantize = (from: DType, to: DType, domain = '') => (d: Draw, v: number): Case => {
  const shape = shapes[d.below(shapes.length)]!
  const g = grainOf(d, domain === '' ? grains[v % 3]! : grains[v % 2]!, shape)
  const zero = v % 4 === 3 || from === 'int32' ? undefined : d.integers(from, g.shape)
  return { op: `${domain}DequantizeLinear`, inputs: [d.integers(from, shape, from === 'int32' ? [-(2 ** 30), 2 ** 30] : undefined), d.floats(g.shape, 0.01, 0.1, to), ...(zero ? [zero] : [])], init: g.init, constants: v % 3 ? [1, 2] : [], opset: 21 }
}

describe('QuantizeLinear and DequantizeLinear', () => {
  for (const to of ['uint8', 'int8', 'uint16', 'int16', 'uint4', 'int4'] as const) {
    against(`QuantizeLinear from float32 to ${to}`, quantize(to, 'float32'), { variants: 12 })
    against(`QuantizeLinear from float16 to ${to}`, quantize(to, 'float16'), { variants: 12 })
    against(`DequantizeLinear from ${to} to float32`, dequantize(to, 'float32'), { variants: 12 })
    against(`DequantizeLinear from ${to} to float16`, dequantize(to, 'float16'), { variants: 12 })
  }
  against('DequantizeLinear from int32', dequantize('int32', 'float32'), { variants: 12 })
  for (const to of ['uint8', 'int8', 'uint16', 'int16', 'uint4', 'int4'] as const) {
    against(`QuantizeLinear of com.microsoft to ${to}`, quantize(to, 'float32', 'com.microsoft::'), { variants: 8 })
    against(`DequantizeLinear of com.microsoft from ${to}`, dequantize(to, 'float32', 'com.microsoft::'), { variants: 8 })
  }
  against('DynamicQuantizeLinear', (d, v) => ({
    op: 'DynamicQuantizeLinear',
    inputs: [d.floats([[7], [3, 5], [2, 40], [1]][v % 4]!, d.one([-3, 0.1, -0.5]), d.one([-0.2, 4, 0.3]))],
    outputs: 3,
  }), { variants: 24 })
})

describe('integer products of ONNX', () => {
  const types = ['uint8', 'int8'] as const
  const products = [[[5, 7], [7, 3]], [[2, 3, 9], [9, 4]], [[1, 33], [33, 17]], [[2, 1, 4, 8], [3, 8, 5]], [[4, 1], [1, 6]], [[64, 65], [65, 33]]] as const
  against('MatMulInteger', (d, v) => {
    const [a, b] = [types[v % 2]!, types[(v >> 1) % 2]!]
    const [sa, sb] = products[v % products.length]!
    const many = sb.length === 2 && d.below(2) === 1
    return { op: 'MatMulInteger', inputs: [d.integers(a, sa), d.integers(b, sb), v % 4 ? d.integers(a, []) : undefined, ...(v % 3 ? [d.integers(b, many ? [sb.at(-1)!] : [])] : [])], constants: v % 3 ? [1, 2, 3] : [] }
  }, { variants: 24 })
  against('QLinearMatMul', (d, v) => {
    const [a, b] = [types[v % 2]!, v % 2 ? types[1] : types[(v >> 1) % 2]!]
    const [sa, sb] = products[v % products.length]!
    const many = sb.length === 2 && d.below(2) === 1
    return { op: 'QLinearMatMul', inputs: [d.integers(a, sa), ...d.grid(a), d.integers(b, sb), ...d.grid(b, 0.002, 0.05, many ? [sb.at(-1)!] : []), ...d.grid(a, 0.05, 0.5)], constants: v % 3 ? [3, 4, 5] : [] }
  }, { variants: 24 })
  against('ConvInteger', (d, v) => {
    const group = d.one([1, 2, 3])
    const [inner, outer] = [1 + d.below(3), 1 + d.below(3)]
    const spatial = d.one([[7, 6], [9], [5, 4, 3]])
    const kernel = spatial.map(() => 1 + d.below(3))
    const [a, b] = [types[0], types[(v >> 1) % 2]!]
    return {
      op: 'ConvInteger',
      inputs: [d.integers(a, [2, inner * group, ...spatial]), d.integers(b, [outer * group, inner, ...kernel]), v % 3 ? d.integers(a, []) : undefined, ...(v % 2 ? [d.integers(b, [])] : [])],
      init: { group, kernel_shape: kernel, pads: [...kernel, ...kernel].map(n => d.below(n)), strides: spatial.map(() => 1 + d.below(2)), dilations: spatial.map(() => 1) },
    }
  }, { variants: 24 })
})
