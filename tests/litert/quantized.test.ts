import { describe, expect, it } from 'vitest'
import { float } from '../../src/ir/attribute.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, viewOf } from '../../src/ir/tensor.ts'
import type { Builder } from '../../src/ops/builder.ts'
import { converted, waves } from './converted.ts'

// one operator between DequantizeLinear and QuantizeLinear: LiteRT's integer kernel gives what onnxruntime gives for the source, within a step
type Dtype = 'int8' | 'uint8' | 'int16'
const number = (b: Builder, x: number): Value => b.scalar(x, 'float32')
const quantized = (b: Builder, x: Value, scale: number, zero: number, dtype: Dtype = 'int8'): Value => b.op('QuantizeLinear', [x, number(b, scale), b.scalar(zero, dtype)])
const real = (b: Builder, x: Value, scale: number, zero: number, dtype: Dtype = 'int8'): Value => b.op('DequantizeLinear', [x, number(b, scale), b.scalar(zero, dtype)])
const step = (b: Builder, x: Value, scale: number, zero: number, dtype: Dtype = 'int8'): Value => real(b, quantized(b, x, scale, zero, dtype), scale, zero, dtype)
const given = (b: Builder, x: Value): Value => step(b, x, 0.016, 3)
const held = (b: Builder, tensor: Tensor, scale: number, dtype: 'int8' | 'uint8' = 'int8', zero = 0): Value => {
  const numbers = Array.from(viewOf('float32', tensor.peek()!) as Float32Array, v => Math.round(v / scale) + zero)
  return real(b, b.bytes(dtype, tensor.shape, bytesOf(dtype === 'int8' ? Int8Array.from(numbers) : Uint8Array.from(numbers))), scale, zero, dtype)
}
const real32 = (b: Builder, tensor: Tensor, scale: number): Value =>
  b.op('DequantizeLinear', [b.bytes('int32', tensor.shape, bytesOf(Int32Array.from(viewOf('float32', tensor.peek()!) as Float32Array, v => Math.round(v / scale)))), number(b, scale)])
const scalar = (b: Builder, x: number, dtype: Dtype = 'int8'): Value => (dtype === 'int8' ? real(b, b.scalar(100, 'int8'), x / 100, 0) : real(b, b.scalar(100, dtype), x / 100, 0, dtype))

interface Case {
  readonly shape?: readonly number[]
  readonly scale: number
  readonly zero?: number
  readonly build: (b: Builder, x: Value, source: Value) => Value
  readonly ops: readonly string[]
}
const image = [1, 3, 4, 5]

/** The operators between the first QUANTIZE and the last DEQUANTIZE, layout left out. */
const cases: Readonly<Record<string, Case>> = {
  'Sigmoid at the end': { scale: 1 / 255, zero: -128, build: (b, x) => b.op('Sigmoid', [x]), ops: ['LOGISTIC', 'ADD'] },
  'Sigmoid on its own scale': { scale: 1 / 256, zero: -128, build: (b, x) => b.op('Sigmoid', [x]), ops: ['LOGISTIC'] },
  'Sigmoid before more, exact': {
    scale: 0.016, zero: 20, build: (b, x) => b.op('Mul', [x, step(b, b.op('Sigmoid', [x]), 1 / 255, -128)]), ops: ['DEQUANTIZE', 'LOGISTIC', 'QUANTIZE', 'MUL'],
  },
  Tanh: { scale: 1 / 128, build: (b, x) => b.op('Tanh', [x]), ops: ['TANH'] },
  Softmax: { scale: 1 / 256, zero: -128, build: (b, x) => b.op('Softmax', [x], { axis: -1 }), ops: ['SOFTMAX'] },
  HardSigmoid: { shape: image, scale: 1 / 255, zero: -128, build: (b, x) => b.op('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) }), ops: ['DEPTHWISE_CONV_2D'] },
  'HardSigmoid of rows, on a scale beyond 1': { scale: 0.02, zero: 0, build: (b, x) => b.op('HardSigmoid', [x]), ops: ['RESHAPE', 'DEPTHWISE_CONV_2D', 'RESHAPE', 'RELU_0_TO_1'] },
  LeakyRelu: { scale: 0.016, zero: -80, build: (b, x) => b.op('LeakyRelu', [x], { alpha: float(0.2) }), ops: ['LEAKY_RELU'] },
  HardSwish: { scale: 0.02, zero: -100, build: (b, x) => b.op('HardSwish', [x]), ops: ['HARD_SWISH'] },
  Elu: { scale: 0.016, zero: -60, build: (b, x) => b.op('Elu', [x]), ops: ['ELU'] },
  PRelu: { shape: image, scale: 0.02, zero: 0, build: (b, x) => b.op('PRelu', [x, held(b, waves([3, 1, 1]), 0.016)]), ops: ['PRELU'] },
  Sub: { scale: 0.03, zero: 1, build: (b, x, source) => b.op('Sub', [x, step(b, source, 0.02, -1)]), ops: ['QUANTIZE', 'SUB'] },
  'Mul by a number': { scale: 0.1, zero: -7, build: (b, x) => b.op('Mul', [x, scalar(b, 5)]), ops: ['MUL'] },
  'Div by a number': { scale: 0.003, zero: -7, build: (b, x) => b.op('Div', [x, scalar(b, 6)]), ops: ['MUL'] },
  'a number that is not quantized': { scale: 0.03, zero: -60, build: (b, x) => b.op('Add', [x, number(b, 1.5)]), ops: ['ADD'] },
  'Concat of two scales': { scale: 0.02, zero: -1, build: (b, x, source) => b.op('Concat', [x, step(b, source, 0.02, -1)], { axis: 1 }), ops: ['QUANTIZE', 'ADD', 'CONCATENATION'] },
  'Max and Min with numbers': { scale: 0.01, zero: 0, build: (b, x) => b.op('Clip', [x, number(b, -0.5), number(b, 1)]), ops: ['ADD', 'MAXIMUM', 'MINIMUM'] },
  'Where': { scale: 0.02, zero: 2, build: (b, x, source) => b.op('Where', [b.op('Greater', [source, number(b, 0)]), x, scalar(b, 1)]), ops: ['GREATER', 'ADD', 'SELECT_V2'] },
  MatMul: { shape: [2, 3, 4], scale: 0.1, zero: 3, build: (b, x) => b.op('MatMul', [x, b.op('Transpose', [x], { perm: [0, 2, 1] })]), ops: ['BATCH_MATMUL'] },
  'MatMul with weights that are off zero': { scale: 0.1, zero: 3, build: (b, x) => b.op('MatMul', [x, held(b, waves([6, 5]), 0.016, 'uint8', 120)]), ops: ['FULLY_CONNECTED'] },
  'Conv with weights that are off zero': { shape: image, scale: 0.2, zero: 3, build: (b, x) => b.op('Conv', [x, held(b, waves([4, 3, 3, 3]), 0.016, 'uint8', 120)]), ops: ['QUANTIZE', 'CONV_2D', 'QUANTIZE'] },
  ConvTranspose: { shape: image, scale: 0.1, zero: 3, build: (b, x) => b.op('ConvTranspose', [x, held(b, waves([3, 4, 2, 2]), 0.016)], { strides: [2, 2] }), ops: ['TRANSPOSE_CONV'] },
  'a mean whose zero point is no whole step': { shape: image, scale: 0.011, zero: -40, build: (b, x) => b.op('GlobalAveragePool', [x]), ops: ['MEAN', 'RESHAPE'] },
  AveragePool: { shape: image, scale: 0.016, zero: 3, build: (b, x) => b.op('AveragePool', [x], { kernel_shape: [2, 2] }), ops: ['AVERAGE_POOL_2D'] },
  'Resize, linear': { shape: image, scale: 0.016, zero: 3, build: (b, x) => b.op('Resize', [x, undefined, b.floats([1, 1, 2, 2])], { mode: 'linear' }), ops: ['RESIZE_BILINEAR'] },
  'what moves: Split, Slice, Gather, Transpose': {
    shape: [4, 6], scale: 0.016, zero: 3,
    build: (b, x) => {
      const [one, two] = b.ops('Split', [b.op('Slice', [b.op('Gather', [x, b.ints([3, 0, 2])], { axis: 0 }), b.ints([1]), b.ints([5]), b.ints([1])])], 2, { axis: 1, num_outputs: 2 })
      return b.op('Concat', [b.op('Transpose', [one!], { perm: [1, 0] }), b.op('Transpose', [two!], { perm: [1, 0] })], { axis: 0 })
    },
    ops: ['GATHER', 'STRIDED_SLICE', 'SPLIT', 'TRANSPOSE', 'TRANSPOSE', 'CONCATENATION'],
  },
}

const inside = (ops: readonly string[]): readonly string[] => {
  const kept = ops.filter((op, i) => op !== 'TRANSPOSE' || !['QUANTIZE', 'DEQUANTIZE'].includes(ops[i + 1] ?? '') && !['QUANTIZE', 'DEQUANTIZE'].includes(ops[i - 1] ?? ''))
  return kept.slice(kept.indexOf('QUANTIZE') + 1, kept.lastIndexOf('DEQUANTIZE'))
}

describe('integer kernels', () => {
  for (const [name, { shape, scale, zero, build, ops }] of Object.entries(cases))
    it(name, async () => {
      const made = await converted(shape ?? [5, 6], (b, x) => step(b, build(b, given(b, x), x), scale, zero ?? 0))
      expect({ inside: inside(made.ops), most: made.most / scale }).toEqual({ inside: ops, most: expect.any(Number) })
      expect(made.most).toBeLessThan(1.01 * scale)
    })

  // QUANTIZE's kernel keeps 8 bits of the scales' quotient
  for (const scale of [0.0111, 0.021, 0.043]) {
    it(`integers on the scale ${scale} are none a step off`, async () => {
      const made = await converted([64, 64], (b, x) => step(b, given(b, x), scale, -2))
      expect({ ops: made.ops, same: made.most < 0.01 * scale }).toEqual({ ops: ['QUANTIZE', 'ADD', 'DEQUANTIZE'], same: true })
    })
  }
  it('0.5 in steps of 1/255 goes to an even number', async () => {
    const made = await converted([1, 8, 4, 4], (b, x) => step(b, b.op('HardSigmoid', [given(b, b.op('Mul', [x, number(b, 0)]))], { alpha: float(1 / 6), beta: float(0.5) }), 1 / 255, -128))
    expect({ conv: made.ops.includes('DEPTHWISE_CONV_2D'), same: made.most < 0.01 / 255 }).toEqual({ conv: true, same: true })
  })

  it('of int16, with biases of int64', async () => {
    const wide = (b: Builder, x: Value, scale: number): Value => step(b, x, scale, 0, 'int16')
    const made = await converted([1, 4, 5, 6], (b, x) => {
      const first = wide(b, x, 1 / 8192)
      const bias = real32(b, waves([4]), 0.016 / 8192)
      const y = wide(b, b.op('Conv', [first, held(b, waves([4, 4, 3, 3]), 0.016), bias], { pads: [1, 1, 1, 1] }), 1 / 256)
      const z = wide(b, b.op('Conv', [y, held(b, waves([4, 1, 2, 2]), 0.016)], { group: 4 }), 1 / 128)
      return wide(b, b.op('Softmax', [wide(b, b.op('Add', [z, z]), 1 / 64)], { axis: 1 }), 1 / 32768)
    })
    expect(made.ops.filter(op => op !== 'TRANSPOSE')).toEqual(['QUANTIZE', 'CONV_2D', 'DEPTHWISE_CONV_2D', 'ADD', 'SOFTMAX', 'DEQUANTIZE'])
    expect(made.error).toBeLessThan(2e-3)
  })
  it('uint8 at both ends of a model', async () => {
    const made = await converted([1, 4, 5, 6], (b, x) => {
      const q = quantized(b, x, 0.016, 128, 'uint8')
      const pooled = b.op('MaxPool', [q], { kernel_shape: [2, 2] })
      const y = real(b, b.op('Reshape', [pooled, b.ints([4, 20])]), 0.016, 128, 'uint8')
      return real(b, quantized(b, b.op('Mul', [y, y]), 0.03, 10, 'uint8'), 0.03, 10, 'uint8')
    })
    expect(made.ops.filter(op => op.includes('QUANTIZE'))).toEqual(['QUANTIZE', 'DEQUANTIZE'])
    expect(made.most).toBeLessThan(1.01 * 0.03)
  })
})

/** Other spellings of the same: what must come out is the same operators. */
describe('quantized operators', () => {
  const scale = (b: Builder, x: number): readonly Value[] => [number(b, x), b.scalar(128, 'uint8')]
  const weights = (b: Builder): Value => held(b, waves([4, 4, 3, 3]), 0.016).producer!.node.inputs[0]!
  it('QLinearConv, QLinearAdd, QLinearConcat and QGemm', async () => {
    const made = await converted([1, 4, 5, 6], (b, x) => {
      const q = quantized(b, x, 0.016, 128, 'uint8')
      const conv = b.op('QLinearConv', [q, ...scale(b, 0.016), weights(b), number(b, 0.016), b.scalar(0, 'int8'), ...scale(b, 0.1)], { pads: [1, 1, 1, 1] })
      const sum = b.op('com.microsoft::QLinearAdd', [conv, ...scale(b, 0.1), q, ...scale(b, 0.016), ...scale(b, 0.12)])
      const both = b.op('com.microsoft::QLinearConcat', [...scale(b, 0.12), sum, ...scale(b, 0.12), conv, ...scale(b, 0.1)], { axis: 1 })
      const rows = b.op('Reshape', [b.op('MaxPool', [both], { kernel_shape: [2, 2], strides: [2, 2] }), b.ints([1, 48])])
      const product = b.op('com.microsoft::QGemm', [rows, ...scale(b, 0.12), held(b, waves([48, 3]), 0.016).producer!.node.inputs[0], number(b, 0.016), b.scalar(0, 'int8'), undefined, ...scale(b, 0.4)])
      return real(b, product, 0.4, 128, 'uint8')
    })
    expect(made.ops.filter(op => op !== 'TRANSPOSE')).toEqual(['QUANTIZE', 'CONV_2D', 'ADD', 'ADD', 'CONCATENATION', 'MAX_POOL_2D', 'RESHAPE', 'FULLY_CONNECTED', 'DEQUANTIZE'])
    // a step of the sums before is more than one of these
    expect(made.most).toBeLessThan(2.01 * 0.4)
  })
  it('what is quantized as it comes is not: the weights stay integers', async () => {
    const made = await converted([3, 6], (b, x) => {
      const [q, unit, zero] = b.ops('DynamicQuantizeLinear', [x], 3)
      const sums = b.op('MatMulInteger', [q, held(b, waves([6, 5]), 0.016).producer!.node.inputs[0], zero])
      return b.op('Mul', [b.op('Cast', [sums], { to: 1 }), b.op('Mul', [unit, number(b, 0.016)])])
    })
    expect(made.ops).toEqual(['DEQUANTIZE', 'FULLY_CONNECTED'])
    expect(made.error).toBeLessThan(0.01)
  })
})
