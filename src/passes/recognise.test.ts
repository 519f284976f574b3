import { describe, expect, it } from 'vitest'
import type { Value } from '../ir/model.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Make } from '../rewrite/pattern.ts'
import { foldScales } from './fold-scales.ts'
import { fuseGemm } from './fuse-gemm.ts'
import { modelOf, noise, onDisk, ops, tryPass } from './kit/testing.ts'
import { mergeCrops } from './merge-crops.ts'
import { mergeSlices } from './merge-slices.ts'
import type { Pass } from './pass.ts'
import { optimize } from './pipeline.ts'
import { recogniseGelu } from './recognise-gelu.ts'
import { recogniseNormalization } from './recognise-normalization.ts'

// Numbers are checked against the graph before the pass, evaluated node by node in double precision.
type Build = (m: Make, x: Value) => Value | readonly Value[]
const weight = (m: Make, shape: readonly number[], seed: number): Value => m.constant(onDisk(noise(shape, seed, -1, 1)))
const one = (m: Make, value: number): Value => m.scalar(value, 'float32')
const limit = 1e-6

const fires = (pass: Pass, what: string, shape: Parameters<typeof modelOf>[0], build: Build, left: readonly string[]): void =>
  it(what, async () => {
    const result = await tryPass(pass, modelOf(shape, build))
    expect(result.ops).toEqual(left)
    expect(result.error).toBeLessThan(limit)
  })
const refuses = (pass: Pass, what: string, shape: Parameters<typeof modelOf>[0], build: Build): void =>
  it(`refuses ${what}`, async () => {
    const model = modelOf(shape, build)
    const before = ops(model)
    expect((await tryPass(pass, model)).ops).toEqual(before)
  })

describe('recognise-gelu', () => {
  const erf = (m: Make, x: Value): Value => m.Add(m.Erf(m.Div(x, one(m, Math.SQRT2))), one(m, 1))
  const tanh = (m: Make, x: Value, cube: Value): Value => m.Add(m.Tanh(m.Mul(m.Add(x, m.Mul(cube, one(m, 0.044715))), one(m, Math.sqrt(2 / Math.PI)))), one(m, 1))
  fires(recogniseGelu, 'as torch writes it', [2, 5], (m, x) => m.Mul(m.Mul(x, erf(m, x)), one(m, 0.5)), ['Gelu'])
  fires(recogniseGelu, 'with the half on x', [2, 5], (m, x) => m.Mul(m.Mul(one(m, 0.5), x), erf(m, x)), ['Gelu'])
  fires(recogniseGelu, 'with the half on the sum', [2, 5], (m, x) => m.Mul(x, m.Mul(erf(m, x), one(m, 0.5))), ['Gelu'])
  fires(recogniseGelu, 'by tanh and a power', [2, 5], (m, x) => m.Mul(m.Mul(x, one(m, 0.5)), tanh(m, x, m.Pow(x, one(m, 3)))), ['Gelu'])
  fires(recogniseGelu, 'by tanh and products', [2, 5], (m, x) => m.Mul(m.Mul(x, one(m, 0.5)), tanh(m, x, m.Mul(m.Mul(x, x), x))), ['Gelu'])
  refuses(recogniseGelu, 'another root', [2, 5], (m, x) => m.Mul(m.Mul(x, m.Add(m.Erf(m.Div(x, one(m, 1.5))), one(m, 1))), one(m, 0.5)))
  refuses(recogniseGelu, 'a sum that is used elsewhere', [2, 5], (m, x) => {
    const sum = erf(m, x)
    return [m.Mul(m.Mul(x, sum), one(m, 0.5)), sum]
  })
})

describe('recognise-normalization', () => {
  const over = (m: Make, x: Value, axes: readonly number[]): Value => m.ReduceMean(x, m.ints(axes))
  const layer = (m: Make, x: Value, axes: readonly number[], shape: readonly number[]): Value => {
    const centred = m.Sub(x, over(m, x, axes))
    const root = m.Sqrt(m.Add(over(m, m.Pow(centred, one(m, 2)), axes), one(m, 1e-5)))
    return m.Add(m.Mul(m.Div(centred, root), weight(m, shape, 1)), weight(m, shape, 2))
  }
  // the mean and the difference are left to remove-dead-code
  fires(recogniseNormalization, 'LayerNormalization over the last axis', [2, 3, 8], (m, x) => layer(m, x, [-1], [8]), ['ReduceMean', 'Sub', 'LayerNormalization'])
  fires(recogniseNormalization, 'LayerNormalization over the last two', [2, 3, 8], (m, x) => layer(m, x, [1, 2], [3, 8]), ['ReduceMean', 'Sub', 'LayerNormalization'])
  refuses(recogniseNormalization, 'means over an axis before the last', [2, 3, 8], (m, x) => layer(m, x, [1], [3, 1]))
  const affine = (m: Make, x: Value, shape: readonly number[]): Value => {
    const mean = over(m, x, [-1])
    const centred = m.Sub(x, mean)
    const factor = m.Mul(m.Reciprocal(m.Sqrt(m.Add(over(m, m.Mul(centred, centred), [-1]), one(m, 1e-5)))), weight(m, shape, 1))
    return m.Add(m.Mul(x, factor), m.Sub(weight(m, shape, 2), m.Mul(mean, factor)))
  }
  fires(recogniseNormalization, 'LayerNormalization as tf.nn.batch_normalization has it', [2, 3, 8], (m, x) => affine(m, x, [8]), ['LayerNormalization'])
  refuses(recogniseNormalization, 'the same with a factor for each row', [2, 3, 8], (m, x) => affine(m, x, [3, 1]))
  const root = (m: Make, x: Value): Value => m.Sqrt(m.Add(over(m, m.Mul(x, x), [-1]), one(m, 1e-6)))
  fires(recogniseNormalization, 'RMSNormalization by a quotient', [2, 3, 8], (m, x) => m.Mul(m.Div(x, root(m, x)), weight(m, [8], 1)), ['RMSNormalization'])
  fires(recogniseNormalization, 'RMSNormalization by the reciprocal of a root', [2, 3, 8], (m, x) => m.Mul(weight(m, [8], 1), m.Mul(x, m.Div(one(m, 1), root(m, x)))), ['RMSNormalization'])
  refuses(recogniseNormalization, 'a weight that varies over more axes', [2, 3, 8], (m, x) => m.Mul(m.Div(x, root(m, x)), weight(m, [3, 8], 1)))
})

describe('merge-crops', () => {
  const cut = (m: Make, x: Value, start: number, end: number, axis: number): Value => m.Slice(x, m.ints([start]), m.ints([end]), m.ints([axis]))
  it('takes the end of a causal convolution into its padding', async () => {
    const model = modelOf([1, 2, 9], (m, x) => cut(m, m.Conv(x, weight(m, [3, 2, 3], 1), { pads: [4, 4], dilations: [2] }), 0, -4, 2))
    const { ops, error } = await tryPass(mergeCrops, model)
    expect(ops).toEqual(['Conv'])
    expect(model.graph.first!.attributes['pads']!.value).toEqual([4, 0])
    expect(error).toBeLessThan(limit)
  })
  fires(mergeCrops, 'both ends with strides', [1, 2, 9, 9], (m, x) => cut(m, m.Conv(x, weight(m, [3, 2, 3, 3], 1), { pads: [2, 2, 2, 2], strides: [2, 2] }), 1, -1, 3), ['Conv'])
  fires(mergeCrops, 'what a ConvTranspose makes too much of', [1, 2, 5], (m, x) => cut(m, m.ConvTranspose(x, weight(m, [2, 3, 4], 1), { strides: [2] }), 1, -2, 2), ['ConvTranspose'])
  refuses(mergeCrops, 'more than the padding', [1, 2, 9], (m, x) => cut(m, m.Conv(x, weight(m, [3, 2, 3], 1), { pads: [1, 1] }), 0, -2, 2))
  refuses(mergeCrops, 'channels', [1, 2, 9], (m, x) => cut(m, m.Conv(x, weight(m, [3, 2, 3], 1), { pads: [1, 1] }), 0, 2, 1))
})

describe('merge-slices', () => {
  fires(mergeSlices, 'of different axes, where the first is used twice', [4, 6, 2], (m, x) => {
    const rows = m.Slice(x, m.ints([0]), m.ints([2n ** 63n - 1n]), m.ints([0]), m.ints([2]))
    return [0, 1].map(start => m.Slice(rows, m.ints([start]), m.ints([6]), m.ints([-2]), m.ints([2])))
  }, ['Slice', 'Slice'])
  fires(mergeSlices, 'of an axis counted from the end', [6, 7], (m, x) => m.Slice(m.Slice(x, m.ints([1]), m.ints([5]), m.ints([0])), m.ints([-3]), m.ints([100]), m.ints([1])), ['Slice'])
  fires(mergeSlices, 'of one axis', [9], (m, x) => m.Slice(m.Slice(x, m.ints([2]), m.ints([8])), m.ints([1]), m.ints([9]), m.ints([0]), m.ints([2])), ['Slice'])
  fires(mergeSlices, 'of one axis and others', [9, 5, 3], (m, x) =>
    m.Slice(m.Slice(x, m.ints([2, 1]), m.ints([8, 2n ** 63n - 1n]), m.ints([0, 2])), m.ints([4, 1]), m.ints([-(2n ** 63n), 2n ** 62n]), m.ints([1, 0]), m.ints([-2, 3])), ['Slice'])
  refuses(mergeSlices, 'what counts from the end of what was cut', [9], (m, x) => m.Slice(m.Slice(x, m.ints([2]), m.ints([8])), m.ints([-3]), m.ints([-1])))
  refuses(mergeSlices, 'one axis twice where the first is used', [9], (m, x) => {
    const first = m.Slice(x, m.ints([2]), m.ints([8]))
    return [m.Slice(first, m.ints([1]), m.ints([3])), first]
  })
})

describe('scales of attention', () => {
  fires(foldScales, 'go through the bias and the heads into the weights', [2, 5, 4], (m, x) =>
    m.Mul(m.Transpose(m.Reshape(m.Add(m.MatMul(x, weight(m, [4, 6], 1)), m.constant(noise([6], 2))), m.ints([2, 5, 3, 2])), { perm: [0, 2, 1, 3] }), m.constant(noise([1], 3))),
  ['MatMul', 'Mul', 'Add', 'Reshape', 'Transpose'])
  refuses(foldScales, 'to move when nothing takes them', [2, 6], (m, x) => m.Mul(m.Reshape(m.Relu(x), m.ints([3, 4])), m.constant(noise([1], 3))))
})

describe('fuse-gemm', () => {
  fires(fuseGemm, 'between reshapes, of more than two axes', [2, 3, 4, 5], (m, x) =>
    m.Reshape(m.Add(m.constant(noise([7], 2)), m.MatMul(m.Reshape(x, m.ints([6, 4, 5])), weight(m, [5, 7], 1))), m.ints([2, 3, 28])),
  ['Reshape', 'Gemm', 'Reshape'])
})

describe('fold-constants', () => {
  it('works out what grows when it shrinks again', () => {
    const model = modelOf([6], (m, x) => {
      const wide = m.Expand(m.Cast(m.Mul(m.constant(noise([1, 40, 1], 1, 0, 100)), one(m, 2)), { to: 7 }), m.ints([40, 40, 2]))
      return m.Add(x, m.Cast(m.ReduceSum(wide, m.ints([0, 1, 2]), { keepdims: 0 }), { to: 1 }))
    })
    optimize(model, { log: new Log() })
    expect(ops(model)).toEqual(['Add'])
  })
})
