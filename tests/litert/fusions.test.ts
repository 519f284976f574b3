import { expect, it } from 'vitest'
import { float } from '../../src/ir/attribute.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Builder } from '../../src/ops/builder.ts'
import { converted, waves } from './converted.ts'

// operators spelled out as exporters spell them: what is left in the file, LiteRT's outputs held against onnxruntime's for the source
const slice = (b: Builder, x: Value, axis: number, start: number, end: number, step = 1): Value => b.op('Slice', [x, b.ints([start]), b.ints([end]), b.ints([axis]), b.ints([step])])

const number = (b: Builder, n: number): Value => b.scalar(n, 'float32')
const ramp = (b: Builder, shape: readonly number[], from = 0): Value => b.constant(waves(shape, from))
const groups = (b: Builder, x: Value): Value => {
  const cut = b.op('Reshape', [x, b.ints([0, 3, -1])])
  const standard = b.op('InstanceNormalization', [cut, b.floats([1, 1, 1]), b.floats([0, 0, 0])], { epsilon: float(1e-5) })
  return b.op('Add', [b.op('Mul', [b.op('Reshape', [standard, b.ints([2, 6, 4, 5])]), ramp(b, [6, 1, 1])]), ramp(b, [6, 1, 1], 1)])
}
const swished = (b: Builder, x: Value): Value => b.op('Conv', [b.op('Mul', [x, b.op('Sigmoid', [x])]), ramp(b, [2, 6, 3, 3], 2)])

it.each<[string, readonly number[], (b: Builder, x: Value) => Value, readonly string[]]>([
  ['entries of an axis, all of them', [3, 4, 5], (b, x) => [0, 1, -1].map(i => b.op('Gather', [x, b.int(i)], { axis: 0 })).reduce((p, q) => b.op('Mul', [p, q])), ['UNPACK', 'MUL', 'MUL']],
  ['two entries of three', [4, 3, 5], (b, x) => b.op('Sub', [b.op('Gather', [x, b.int(2)], { axis: 1 }), b.op('Gather', [x, b.int(0)], { axis: 1 })]), ['UNPACK', 'SUB']],
  ['a pixel shuffle', [1, 8, 3, 2], (b, x) => b.op('Reshape', [b.op('Transpose', [b.op('Reshape', [x, b.ints([1, 2, 2, 2, 3, 2])])], { perm: [0, 3, 4, 1, 5, 2] }), b.ints([1, 2, 6, 4])]), ['TRANSPOSE', 'DEPTH_TO_SPACE', 'TRANSPOSE']],
  ['a roll', [2, 6, 3], (b, x) => b.op('Concat', [slice(b, x, 1, 2, 6), slice(b, x, 1, 0, 2)], { axis: 1 }), ['GATHER']],
  ['halves', [2, 6], (b, x) => b.op('Mul', [slice(b, x, 1, 0, 3), b.op('Sigmoid', [slice(b, x, 1, 3, 6)])]), ['SPLIT', 'LOGISTIC', 'MUL']],
  ['groups of channels between convolutions', [2, 6, 4, 5], (b, x) => swished(b, groups(b, b.op('Conv', [x, ramp(b, [6, 6, 1, 1], 3)]))), ['TRANSPOSE', 'CONV_2D', 'MEAN', 'CONV_2D', 'SUB', 'SQUARE', 'MEAN', 'CONV_2D', 'SQRT', 'DIV', 'MUL', 'ADD', 'LOGISTIC', 'MUL', 'CONV_2D', 'TRANSPOSE']],
  ['GroupNormalization', [2, 6, 4, 5], (b, x) => b.op('GroupNormalization', [b.op('Conv', [x, ramp(b, [6, 6, 1, 1], 3)]), ramp(b, [6]), ramp(b, [6], 1)], { num_groups: 2 }), ['TRANSPOSE', 'CONV_2D', 'MEAN', 'CONV_2D', 'SUB', 'SQUARE', 'MEAN', 'CONV_2D', 'SQRT', 'DIV', 'MUL', 'ADD', 'TRANSPOSE']],
  ['instances without a bias', [2, 3, 4, 5], (b, x) => b.op('InstanceNormalization', [x, b.floats([1, 2, 3]), b.floats([0, 0, 0])]), ['MEAN', 'SUB', 'SQUARE', 'MEAN', 'ADD', 'SQRT', 'DIV', 'MUL']],
  ['torch.nn.functional.normalize', [2, 3, 8], (b, x) => b.op('Div', [x, b.op('Expand', [b.op('Clip', [b.op('ReduceL2', [x, b.ints([-1])]), number(b, 1e-12)]), b.ints([2, 3, 8])])]), ['L2_NORMALIZATION']],
  ['tf.math.l2_normalize', [2, 3, 8], (b, x) => b.op('Mul', [x, b.op('Reciprocal', [b.op('Sqrt', [b.op('Max', [b.op('ReduceSum', [b.op('Mul', [x, x]), b.ints([2])]), number(b, 1e-12)])])])]), ['L2_NORMALIZATION']],
  ['vectors along the channels', [2, 6, 4, 5], (b, x) => b.op('Conv', [b.op('LpNormalization', [b.op('Conv', [x, ramp(b, [6, 6, 1, 1], 3)])], { axis: 1 }), ramp(b, [2, 6, 1, 1], 4)]), ['TRANSPOSE', 'CONV_2D', 'L2_NORMALIZATION', 'CONV_2D', 'TRANSPOSE']],
  ['a pixel shuffle as torch has it, after a convolution', [1, 3, 4, 5], (b, x) => b.op('DepthToSpace', [b.op('Conv', [x, ramp(b, [8, 3, 1, 1], 3), ramp(b, [8])])], { blocksize: 2, mode: 'CRD' }), ['TRANSPOSE', 'CONV_2D', 'DEPTH_TO_SPACE', 'TRANSPOSE']],
  ['pixels put together before a convolution', [1, 2, 4, 6], (b, x) => b.op('Conv', [b.op('Reshape', [b.op('Transpose', [b.op('Reshape', [x, b.ints([1, 2, 2, 2, 3, 2])])], { perm: [0, 1, 3, 5, 2, 4] }), b.ints([1, 8, 2, 3])]), ramp(b, [3, 8, 1, 1], 3)]), ['TRANSPOSE', 'SPACE_TO_DEPTH', 'CONV_2D', 'TRANSPOSE']],
  ['the focus of YOLO', [1, 2, 4, 6], (b, x) => b.op('Conv', [b.op('Concat', [[0, 0], [1, 0], [0, 1], [1, 1]].map(p => b.op('Slice', [x, b.ints(p), b.ints([9, 9]), b.ints([2, 3]), b.ints([2, 2])])), { axis: 1 }), ramp(b, [3, 8, 1, 1], 3)]), ['TRANSPOSE', 'SPACE_TO_DEPTH', 'CONV_2D', 'TRANSPOSE']],
  ['rotated halves', [2, 3, 5, 8], (b, x) => b.op('Add', [b.op('Mul', [x, ramp(b, [5, 8])]), b.op('Mul', [b.op('Concat', [b.op('Neg', [slice(b, x, 3, 4, 8)]), slice(b, x, 3, 0, 4)], { axis: -1 }), ramp(b, [5, 8], 1)])]), ['MUL', 'SPLIT', 'CONCATENATION', 'MUL', 'ADD']],
  ['a scale in two', [2, 3, 5, 8], (b, x) => b.op('MatMul', [b.op('Mul', [b.op('Tanh', [x]), number(b, 0.5)]), b.op('Mul', [b.op('Transpose', [x], { perm: [0, 1, 3, 2] }), number(b, 0.5)])]), ['TANH', 'MUL', 'BATCH_MATMUL']],
  ['Relu6 and its kin', [2, 3], (b, x) => b.op('Min', [b.op('Relu', [b.op('Min', [b.op('Max', [x, number(b, -1)]), number(b, 4)])]), number(b, 1)]), ['RELU_0_TO_1']],
  ['HardSwish by Relu6', [2, 3], (b, x) => b.op('Mul', [x, b.op('Mul', [b.op('Min', [b.op('Relu', [b.op('Add', [x, number(b, 3)])]), number(b, 6)]), number(b, 1 / 6)])]), ['HARD_SWISH']],
  ['LogSoftmax', [2, 9], (b, x) => b.op('Sub', [x, b.op('ReduceLogSumExp', [x, b.ints([1])])]), ['LOG_SOFTMAX']],
])('%s', async (_, shape, build, ops) => {
  const made = await converted(shape, build)
  expect(made.ops).toEqual(ops)
  expect(made.error).toBeLessThan(1e-5)
})
