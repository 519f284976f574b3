import { describe } from 'vitest'
import { bytesOf, float32Tensor, inlineTensor, stringTensor } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Draw } from '../quantized/harness.ts'
import { integers } from '../quantized/harness.ts'
import { against } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off. `tflite: false` stands where TFLite has no operators for it.
const float = (value: number) => ({ type: 'float', value }) as const
const ints = (value: readonly number[]) => ({ type: 'ints', value }) as const
const anywhere = (d: Draw, shape: readonly number[], count: number) => integers('int64', Array.from({ length: elementCount(shape) }, () => d.below(2 * count) - count), shape)

describe('operators that ONNX took over', () => {
  against('Trilu', (d, v) => ({ op: 'com.microsoft::Trilu', inputs: [d.floats([[3, 4], [2, 5, 3], [1, 1], [2, 2, 4, 4]][v % 4]!), ...(v % 3 ? [integers('int64', [d.below(7) - 3], [])] : [])], init: v % 2 ? { upper: 0 } : {}, constants: [1] }))
  against('GridSample', (d, v) => ({
    op: 'com.microsoft::GridSample',
    inputs: [d.floats([2, 3, 5, 6]), d.floats([2, 4, 3, 2], -1.3, 1.3)],
    init: { mode: ['bilinear', 'nearest', 'bicubic'][v % 3]!, padding_mode: ['zeros', 'border', 'reflection'][(v >> 1) % 3]!, align_corners: v % 2 },
  }), { variants: 18, tflite: false, fixed: n => n < 2 || n > 4 })
  against('GatherND', (d, v) => {
    const shape = [[4, 3], [3, 4, 5], [6]][v % 3]!
    const depth = 1 + d.below(shape.length)
    const rows = Array.from({ length: 5 }, () => shape.slice(0, depth).map(n => d.below(n)))
    return { op: 'com.microsoft::GatherND', inputs: [d.floats(shape), integers(v % 2 ? 'int32' : 'int64', rows.flat(), [5, depth])] }
  }, { fixed: () => true, open: () => true })
  against('Unique', (d, v) => ({ op: 'com.microsoft::Unique', inputs: [float32Tensor(Array.from({ length: [1, 6, 20, 33][v % 4]! }, () => d.below(8)))], outputs: 3 }), { tflite: false, open: () => true })
  against('Range', (d, v) => {
    const [low, high, step] = [[0, 5, 2], [10, -3, -4], [7, 7, 1], [-5, 20, 3]][v % 4]!
    const shape = v % 3 === 2 ? [1] : []
    const of = (n: number) => (v % 2 ? integers('int64', [n], shape) : float32Tensor([n / 2], shape))
    return { op: 'com.microsoft::Range', inputs: [of(low!), of(high!), ...(v > 7 ? [] : [of(step!)])].map((t, i) => (v > 7 && i === 1 ? of(Math.abs(high!) + 11) : t)), constants: v % 5 ? [0, 1, 2] : [] }
  }, { variants: 12, fixed: () => true, open: v => v % 5 === 0 })
  against('Pad', (d, v) => {
    const shape = [[3, 4], [2, 3, 5], [6]][v % 3]!
    const pads = [...shape, ...shape].map(() => d.below(3))
    const mode = ['constant', 'reflect', 'edge'][(v >> 1) % 3]!
    return { op: 'com.microsoft::Pad', inputs: [d.floats(shape), integers('int64', pads, v % 2 ? [1, pads.length] : [pads.length]), ...(mode === 'constant' && v % 4 ? [float32Tensor([2.5], v % 3 ? [] : [1])] : [])], init: { mode }, constants: [1, 2] }
  }, { variants: 16, fixed: () => true })
  against('ExpandDims', (d, v) => {
    const shape = [[3, 4], [2, 3, 5], []][v % 3]!
    return { op: 'com.microsoft::ExpandDims', inputs: [d.floats(shape), integers('int32', [d.below(2 * shape.length + 2) - shape.length - 1], v % 2 ? [] : [1])], constants: [1] }
  }, { fixed: () => true })
  against('UnfoldTensor', (d, v) => ({ op: 'com.microsoft::UnfoldTensor', inputs: [d.floats([[12], [3, 7], [2, 9, 4]][v % 3]!)], init: { size: 1 + d.below(4), step: 1 + d.below(3), dim: v % 3 === 2 ? 1 : -1 } }), { tflite: false, decomposed: 'none' })
})

describe('images', () => {
  // without pads or a bias onnxruntime reads inputs that are not there, which may end its process: its fault
  against('CropAndResize', (d, v) => {
    const boxes = 4
    // the corners of some boxes lie outside
    const corners = float32Tensor(Array.from({ length: boxes }, (_, i) => [d.unit() * 0.4, d.unit() * 0.4, 0.5 + d.unit() * (i === 1 ? 0.9 : 0.5), 0.5 + d.unit() * 0.5]).flat(), [boxes, 4])
    const init = { ...(v % 2 ? { mode: 'nearest' } : {}), ...(v % 3 ? { extrapolation_value: float(1.5) } : {}) }
    return { op: 'com.microsoft::CropAndResize', inputs: [d.floats([2, 3, 7, 6]), corners, integers('int32', [0, 1, 1, 0]), integers('int32', v % 4 === 3 ? [1, 1] : [3, 1 + (v % 3)])], init, constants: [3] }
  }, { variants: 12, tflite: false, decomposed: 'none' })
  against('ConvTransposeWithDynamicPads', (d, v) => {
    const group = 1 + (v % 2)
    const inputs = [d.floats([2, 4, 5, 4]), d.floats([4, 6 / group, 3, 2]), integers('int64', [0, 1, 2, 3].map(() => d.below(2))), d.floats([6])]
    return { op: 'com.microsoft::ConvTransposeWithDynamicPads', inputs, init: { group, strides: ints([1 + d.below(2), 1 + d.below(2)]) }, constants: [1, 2, 3] }
  }, { fixed: () => true })
})

describe('linear algebra', () => {
  against('CDist', (d, v) => ({ op: 'com.microsoft::CDist', inputs: [d.floats([[3, 4], [1, 7], [5, 1], [9, 33]][v % 4]!), d.floats([[2, 4], [6, 7], [5, 1], [4, 33]][v % 4]!)], init: v % 2 ? { metric: 'euclidean' } : v % 3 ? { metric: 'sqeuclidean' } : {} }))
  against('Inverse', (d, v) => {
    const [batch, size] = [[[], 3], [[2], 1], [[2, 3], 5], [[4], 8]][v % 4] as [number[], number]
    const numbers = Array.from({ length: elementCount(batch) * size * size }, (_, i) => d.unit() - 0.5 + ((i % (size * size)) % (size + 1) === 0 ? 2 + size / 2 : 0))
    return { op: 'com.microsoft::Inverse', inputs: [float32Tensor(numbers, [...batch, size, size])] }
  }, { tflite: false, decomposed: 'none' })
})

describe('tokens', () => {
  against('NGramRepeatBlock', (d, v) => ({ op: 'com.microsoft::NGramRepeatBlock', inputs: [integers('int64', Array.from({ length: 30 }, () => d.below(3)), [2, 15]), d.floats([2, 6])], init: { ngram_size: [2, 3, 1, 4, 20][v % 5]! } }), { tflite: false, decomposed: 'none' })
  against('MurmurHash3', (d, v) => {
    const inputs = [stringTensor([4], ['', 'a', 'abcde', 'größer als']), integers('int32', [1, -2, 70000]), anywhere(d, [3, 2], 1e9), d.floats([5]), inlineTensor('float64', [2], bytesOf(Float64Array.of(d.unit(), -1))), integers('uint32', [7, 4e9])]
    return { op: 'com.microsoft::MurmurHash3', inputs: [inputs[v % 6]!], init: { ...(v % 2 ? { positive: 0 } : {}), ...(v % 3 ? { seed: d.below(1000) } : {}) } }
  }, { variants: 24, tflite: false, decomposed: 'none' })
})
