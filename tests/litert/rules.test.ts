import { expect, it } from 'vitest'
import { litert, tflite } from '../../converters/tflite/index.ts'
import { executorNamed } from '../../src/app/executors.ts'
import type { AttributeInit } from '../../src/ir/attribute.ts'
import { sym } from '../../src/ir/dim.ts'
import { Model } from '../../src/ir/model.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, peekNumbers, viewOf } from '../../src/ir/tensor.ts'
import type { Shape } from '../../src/ir/types.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { Builder } from '../../src/ops/builder.ts'
import { sizesOf } from '../../src/passes/kit/values.ts'
import type { Build } from './converted.ts'
import { converted, log, waves } from './converted.ts'

// graphs as exporters write them, converted: LiteRT's runtime gives what onnxruntime gives for the source
const number = (b: Builder, x: number): Value => b.scalar(x, 'float32')
const erfSum = (b: Builder, x: Value): Value => b.op('Add', [b.op('Erf', [b.op('Div', [x, number(b, Math.SQRT2)])]), number(b, 1)])
const tanhSum = (b: Builder, x: Value): Value =>
  b.op('Add', [number(b, 1), b.op('Tanh', [b.op('Mul', [number(b, Math.sqrt(2 / Math.PI)), b.op('Add', [x, b.op('Mul', [b.op('Pow', [x, number(b, 3)]), number(b, 0.044715)])])])])])

const gelus: Readonly<Record<string, readonly [Build, string[]]>> = {
  'x times the sum, halved': [(b, x) => b.op('Mul', [b.op('Mul', [x, erfSum(b, x)]), number(b, 0.5)]), ['GELU']],
  'x times half the sum': [(b, x) => b.op('Mul', [b.op('Mul', [number(b, 0.5), erfSum(b, x)]), x]), ['GELU']],
  'half of x times the sum': [(b, x) => b.op('Mul', [b.op('Mul', [x, number(b, 0.5)]), erfSum(b, x)]), ['GELU']],
  'x times the sum': [(b, x) => b.op('Mul', [x, erfSum(b, x)]), ['GELU', 'ADD']],
  'the tanh of GPT-2': [(b, x) => b.op('Mul', [b.op('Mul', [number(b, 0.5), x]), tanhSum(b, x)]), ['GELU']],
}
for (const [name, [build, ops]] of Object.entries(gelus)) {
  it(`GELU: ${name}`, async () => {
    const made = await converted([2, 9, 8], build)
    expect(made.ops).toEqual(ops)
    expect(made.error).toBeLessThan(1e-6)
  })
}

it('erf alone is a quotient of polynomials', async () => {
  expect((await converted([4, 50], (b, x) => b.op('Erf', [x]))).error).toBeLessThan(1e-6)
})

it('softmax of more than four axes, over the last and over another', async () => {
  for (const axis of [-1, 2]) expect((await converted([2, 2, 3, 4, 5], (b, x) => b.op('Softmax', [x], { axis }))).error).toBeLessThan(1e-6)
})

const deep: Readonly<Record<string, readonly [weights: readonly number[], attributes: Readonly<Record<string, AttributeInit>>, ops: readonly string[]]>> = {
  'dilations, strides and pads': [[4, 4, 3, 3, 3], { dilations: [2, 1, 2], strides: [2, 1, 2], pads: [2, 1, 0, 1, 1, 2] }, ['TRANSPOSE', 'PAD', 'STRIDED_SLICE', 'RESHAPE', 'CONV_2D', 'STRIDED_SLICE', 'RESHAPE', 'CONV_2D', 'ADD', 'STRIDED_SLICE', 'RESHAPE', 'CONV_2D', 'ADD', 'RESHAPE', 'TRANSPOSE']],
  'one tap': [[4, 4, 1, 3, 3], { dilations: [3, 2, 2] }, ['TRANSPOSE', 'RESHAPE', 'CONV_2D', 'RESHAPE', 'TRANSPOSE']],
  'groups': [[6, 2, 1, 1, 2], { group: 2, dilations: [1, 1, 2] }, ['TRANSPOSE', 'RESHAPE', 'CONV_2D', 'RESHAPE', 'TRANSPOSE']],
  'a group for each channel': [[4, 1, 2, 3, 3], { group: 4, auto_pad: 'SAME_UPPER', strides: [2, 2, 2] }, ['TRANSPOSE', 'STRIDED_SLICE', 'RESHAPE', 'DEPTHWISE_CONV_2D', 'STRIDED_SLICE', 'RESHAPE', 'DEPTHWISE_CONV_2D', 'ADD', 'RESHAPE', 'TRANSPOSE']],
  'no dilation of its one tap': [[4, 4, 1, 1, 1], { dilations: [2, 2, 2] }, ['TRANSPOSE', 'CONV_3D', 'TRANSPOSE']],
}
for (const [name, [weights, attributes, ops]] of Object.entries(deep)) {
  it(`a convolution over three axes, ${name}`, async () => {
    const made = await converted([2, 4, 6, 7, 8], (b, x) => b.op('Conv', [x, b.constant(waves(weights)), b.constant(waves([weights[0]!], 2))], attributes))
    expect(made.error).toBeLessThan(1e-6)
    expect(made.ops).toEqual(ops)
  })
}

it('a convolution over three axes with dilations, of open sizes', async () => {
  const [N, H] = [sym('N'), sym('H')]
  const build = (sizes: Shape): Model => {
    const model = new Model('net')
    const b = new Builder(model.graph)
    const y = b.op('Conv', [model.graph.addInput(model.graph.value('x', tensorType('float32', sizes))), b.constant(waves([3, 2, 2, 3, 2])), b.constant(waves([3], 2))], { dilations: [2, 1, 3], kernel_shape: [2, 3, 2], pads: [1, 1, 1, 1, 1, 2] })
    y.rename('y')
    model.graph.addOutput(y)
    return model
  }
  const model = build([N, 2, 5, H, 7])
  expect(legalize(model, tflite.target!, { log, layout: 'keep' }).legal).toBe(true)
  expect([...model.allNodes()].map(n => [n.op, n.inputs[1]?.constant?.shape])).toContainEqual(['CONV_3D', [3, 3, 4, 2, 3]])
  expect([...model.allNodes()].flatMap(n => Object.keys(n.attributes))).not.toContain('dilation_d_factor')
  const feeds = new Map([['x', waves([2, 2, 5, 4, 7])]])
  const [made, want] = await Promise.all([[model, 'cpu'] as const, [build([2, 2, 5, 4, 7]), 'onnxruntime'] as const].map(async ([m, on]) => {
    const session = await executorNamed(on).prepare(m, {})
    const y = (await session.run(feeds)).get('y') as Tensor
    session.dispose()
    return [...(viewOf('float32', await y.load()) as Float32Array)]
  }))
  for (const [i, v] of want!.entries()) expect(made![i]).toBeCloseTo(v, 4)
})

it('what joins values of seven axes joins their rows', async () => {
  const made = await converted([2, 1, 3, 1, 2, 1, 2], (b, x) => b.op('Concat', [x, b.op('Relu', [x]), b.constant(waves([2, 1, 1, 1, 2, 1, 2]))], { axis: 2 }))
  expect(made.error).toBeLessThan(1e-6)
  expect(made.ops).toContain('CONCATENATION')
})

const equations: readonly (readonly [string, readonly number[], readonly (readonly number[])[]])[] = [
  ['B G H I D, B G H J D -> B G H I J', [2, 3, 2, 4, 5], [[2, 3, 2, 6, 5]]],
  ['bhwc,hkc->bhwk', [2, 3, 4, 5], [[3, 6, 5]]],
  ['ij,jk->ki', [3, 4], [[4, 5]]],
  ['ij,j->i', [3, 4], [[4]]],
  ['ij,kl->ikjl', [3, 4], [[2, 5]]],
  ['...ij,...jk->...ik', [2, 3, 4], [[2, 4, 5]]],
  ['ijk->ki', [2, 3, 4], []],
  ['ij,jk,kl->il', [3, 4], [[4, 5], [5, 2]]],
  ['ij->ij', [3, 4], []],
]
for (const [equation, shape, more] of equations) {
  it(`Einsum ${equation}`, async () => {
    const made = await converted(shape, (b, x) => b.op('Einsum', [x, ...more.map((s, i) => b.constant(waves(s, i + 1)))], { equation }))
    expect(made.error).toBeLessThan(1e-6)
  })
}

const weights = (b: Builder, shape: readonly number[], from = 1): Value => b.constant(waves(shape, from))
const linear = (b: Builder, x: Value, units: number, from = 1): Value => b.op('Add', [b.op('MatMul', [x, weights(b, [sizesOf(x)!.at(-1)!, units], from)]), weights(b, [units], from + 1)])
const reshape = (b: Builder, x: Value, shape: readonly number[]): Value => b.op('Reshape', [x, b.ints(shape)])
const affine = (b: Builder, x: Value, size: number): Value => b.op('Add', [b.op('Mul', [b.op('Tanh', [x]), weights(b, [size], 3)]), weights(b, [size], 4)])
const turned = (b: Builder, x: Value, perm: readonly number[]): Value => b.op('Transpose', [x], { perm })

const products: Readonly<Record<string, readonly [readonly number[], Build, readonly string[]]>> = {
  'reshapes around a Gemm': [[2, 5, 6], (b, x) => reshape(b, b.op('Gemm', [reshape(b, x, [10, 6]), weights(b, [6, 4]), weights(b, [4], 2)]), [2, 5, 4]), ['FULLY_CONNECTED']],
  'a reshape before a Gemm, another after it': [[2, 5, 6], (b, x) => reshape(b, b.op('Gemm', [reshape(b, x, [10, 6]), weights(b, [6, 4])]), [2, 5, 2, 2]), ['FULLY_CONNECTED', 'RESHAPE']],
  'the affine end of a normalization': [[2, 5, 6], (b, x) => linear(b, affine(b, x, 6), 4), ['TANH', 'FULLY_CONNECTED']],
  'the same, read by several products through moves': [[2, 6, 4], (b, x) => {
    const rows = turned(b, reshape(b, affine(b, x, 4), [2, 2, 3, 4]), [0, 2, 1, 3])
    return b.op('Concat', [linear(b, rows, 3), linear(b, rows, 5, 7)], { axis: -1 })
  }, ['TANH', 'RESHAPE', 'TRANSPOSE', 'FULLY_CONNECTED', 'FULLY_CONNECTED', 'CONCATENATION']],
  'the same, read by something else too': [[2, 5, 6], (b, x) => {
    const y = affine(b, x, 6)
    return b.op('Add', [linear(b, y, 6), y])
  }, ['TANH', 'MUL', 'ADD', 'FULLY_CONNECTED', 'ADD']],
  'attention of one product': [[2, 5, 6], (b, x) => {
    const heads = turned(b, reshape(b, linear(b, x, 18), [2, 5, 3, 2, 3]), [2, 0, 3, 1, 4])
    const [q, k, v] = [0, 1, 2].map(i => b.op('Gather', [heads, b.int(i)]))
    const scaled = b.op('MatMul', [b.op('Mul', [q, number(b, 0.3)]), turned(b, k!, [0, 1, 3, 2])])
    return reshape(b, turned(b, b.op('MatMul', [b.op('Softmax', [scaled], { axis: -1 }), v]), [0, 2, 1, 3]), [2, 5, 6])
  }, ['FULLY_CONNECTED', 'RESHAPE', 'TRANSPOSE', 'UNPACK', 'BATCH_MATMUL', 'SOFTMAX', 'BATCH_MATMUL', 'TRANSPOSE', 'RESHAPE']],
  'attention of one product, split': [[2, 5, 6], (b, x) => {
    const parts = b.ops('Split', [linear(b, x, 18)], 3, { axis: -1, num_outputs: 3 }).map(v => reshape(b, v, [2, 5, 2, 3]))
    const [q, v] = [0, 2].map(i => turned(b, parts[i]!, [0, 2, 1, 3]))
    const scaled = b.op('MatMul', [b.op('Mul', [q, number(b, 0.3)]), turned(b, b.op('Mul', [parts[1], number(b, 0.5)]), [0, 2, 3, 1])])
    return reshape(b, turned(b, b.op('MatMul', [b.op('Softmax', [scaled], { axis: -1 }), v]), [0, 2, 1, 3]), [2, 5, 6])
  }, ['FULLY_CONNECTED', 'RESHAPE', 'TRANSPOSE', 'UNPACK', 'BATCH_MATMUL', 'SOFTMAX', 'BATCH_MATMUL', 'TRANSPOSE', 'RESHAPE']],
  'places of which one is left out': [[4, 3, 2], (b, x) => b.op('Concat', [0, 1, 3].map(i => b.op('Gather', [x, b.int(i)])), { axis: 0 }), ['UNPACK', 'CONCATENATION']],
}
for (const [what, [shape, build, ops]] of Object.entries(products)) {
  it(`products: ${what}`, async () => {
    const made = await converted(shape, build)
    expect(made.ops).toEqual(ops)
    expect(made.error).toBeLessThan(1e-6)
  })
}

/** Integers of float weights by the scales along axis 0, or by one scale. */
function integers(b: Builder, weights: Tensor, scales: readonly number[], dtype: 'int8' | 'uint8' | 'int32' = 'int8', zero = 0): Value {
  const from = viewOf('float32', weights.peek()!) as Float32Array
  const each = from.length / scales.length
  const held = Array.from(from, (v, i) => Math.round(v / scales[Math.floor(i / each)]!) + zero)
  const bytes = bytesOf(dtype === 'int32' ? Int32Array.from(held) : dtype === 'int8' ? Int8Array.from(held) : Uint8Array.from(held))
  const inputs = [b.bytes(dtype, weights.shape, bytes), scales.length === 1 ? number(b, scales[0]!) : b.floats(scales), ...(dtype === 'uint8' ? [b.scalar(zero, 'uint8')] : [])]
  return b.op('DequantizeLinear', inputs, { axis: 0 })
}
const step = (b: Builder, x: Value, scale: number, zero: number, dtype: 'int8' | 'uint8' = 'int8'): Value => {
  const grain = [number(b, scale), b.scalar(zero, dtype)]
  return b.op('DequantizeLinear', [b.op('QuantizeLinear', [x, ...grain]), ...grain])
}
const scales = [0.02, 0.015, 0.018, 0.02]

const quantizedNets: Readonly<Record<string, readonly [readonly number[], number, Build, readonly string[]]>> = {
  'a convolution with scales for each channel': [[1, 3, 8, 9], 0.1, (b, x) =>
    step(b, b.op('Relu', [b.op('Conv', [step(b, x, 0.016, 3), integers(b, waves([4, 3, 3, 3]), scales), integers(b, waves([4]), scales.map(s => s * 0.016), 'int32')], { pads: [1, 1, 1, 1] })]), 0.1, -128),
    ['QUANTIZE', 'TRANSPOSE', 'CONV_2D', 'TRANSPOSE', 'DEQUANTIZE']],
  'the same in uint8, each channel for itself': [[1, 4, 8, 9], 0.1, (b, x) =>
    step(b, b.op('Conv', [step(b, x, 0.016, 131, 'uint8'), integers(b, waves([4, 1, 3, 3]), [0.016], 'uint8', 128)], { group: 4 }), 0.1, 100, 'uint8'),
    ['QUANTIZE', 'TRANSPOSE', 'DEPTHWISE_CONV_2D', 'TRANSPOSE', 'DEQUANTIZE']],
  'a product with weights, and a sum': [[5, 6], 0.2, (b, x) => {
    const given = step(b, x, 0.016, 0)
    const product = step(b, b.op('Gemm', [given, integers(b, waves([6, 6]), [0.016])], { transB: 1 }), 0.1, 2)
    return step(b, b.op('Add', [product, given]), 0.2, -5)
  }, ['QUANTIZE', 'FULLY_CONNECTED', 'ADD', 'DEQUANTIZE']],
  'what only moves, the greatest and the mean': [[1, 4, 6, 8], 0.02, (b, x) => {
    const most = step(b, b.op('MaxPool', [step(b, x, 0.016, 0)], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }), 0.016, 0)
    return step(b, b.op('Flatten', [b.op('GlobalAveragePool', [most])]), 0.02, 1)
  }, ['QUANTIZE', 'TRANSPOSE', 'PADV2', 'MAX_POOL_2D', 'MEAN', 'DEQUANTIZE']],
}
for (const [name, [shape, one, build, ops]] of Object.entries(quantizedNets)) {
  it(`integers with scales: ${name}`, async () => {
    const made = await converted(shape, build)
    expect(made.ops).toEqual(ops)
    expect(made.most).toBeLessThan(1.01 * one)
    expect(made.error).toBeLessThan(0.05)
  })
}

for (const direction of ['forward', 'reverse', 'bidirectional']) {
  it(`a long LSTM, ${direction}, goes round a WHILE that keeps nothing from run to run`, async () => {
    const ways = direction === 'bidirectional' ? 2 : 1
    const made = await converted([40, 2, 6], (b, x) => {
      const weights = [[ways, 32, 6], [ways, 32, 8], [ways, 64]].map((shape, i) => b.op('Mul', [b.constant(waves(shape, i)), number(b, 0.2)]))
      return b.ops('LSTM', [x, ...weights], 1, { direction, hidden_size: 8 })[0]!
    }, litert)
    expect(made.ops.filter(op => op === 'WHILE')).toHaveLength(ways)
    expect(made.error).toBeLessThan(1e-6)
  })
}

it('the absolute value of integers', async () => {
  const made = await converted([3, 5], (b, x) => b.op('Cast', [b.op('Abs', [b.op('Cast', [b.op('Mul', [x, number(b, 10)])], { to: 7 })])], { to: 1 }))
  expect(made.error).toBe(0)
})

it('places counted from the end of an axis of open size', async () => {
  const model = new Model('net')
  const [x, at] = [model.graph.value('x', tensorType('float32', [sym('n'), 2])), model.graph.value('at', tensorType('int64', [2]))]
  for (const v of [x, at]) model.graph.addInput(v)
  const y = new Builder(model.graph).op('Gather', [x, at])
  y.rename('y')
  model.graph.addOutput(y)
  expect(legalize(model, tflite.target!, { log }).legal).toBe(true)
  const session = await executorNamed('cpu').prepare(model, {})
  const feeds = new Map([['x', float32Tensor([1, 2, 3, 4, 5, 6], [3, 2])], ['at', inlineTensor('int32', [2], bytesOf(Int32Array.of(-1, 1)))]])
  expect(peekNumbers((await session.run(feeds)).get('y') as Tensor)).toEqual([5, 6, 3, 4])
  session.dispose()
})
