import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../../src/ir/attribute.ts'
import { Model } from '../../src/ir/model.ts'
import type { Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { litert } from '../../converters/tflite/index.ts'
import { Builder } from '../../src/ops/builder.ts'
import type { Build } from './converted.ts'
import { converted, log, oracle, waves } from './converted.ts'
import { fileOf } from './files.ts'
import { runLiteRt } from './run.ts'

// LiteRT's runtime gives what onnxruntime gives for the source
type Attributes = Readonly<Record<string, AttributeInit>>
const near = async (shape: readonly number[], build: Build, most = 2e-6) => {
  const made = await converted(shape, build, litert)
  expect(made.error).toBeLessThan(most)
  return made.ops
}

describe('more axes than a kernel broadcasts', () => {
  it('become one where they broadcast alike', async () => {
    const ops = await near([2, 3, 2, 3, 4, 2], (b, x) => b.op('Clip', [b.op('Max', [x, b.constant(waves([3, 1, 1, 4, 2]))]), b.scalar(-0.7, 'float32'), b.scalar(1.2, 'float32')]))
    expect(ops).not.toContain('BROADCAST_TO')
  })
  it('or are written out where they are still too many', async () => {
    const ops = await near([2, 1, 3, 1, 2, 1], (b, x) => b.op('Pow', [b.op('Abs', [x]), b.constant(float32Tensor([1, 2, 3, 0.5, 1.5, 2.5, 1, 1], [1, 2, 1, 2, 1, 2]))]))
    expect(ops).toContain('BROADCAST_TO')
  })
})

describe('Resize', () => {
  it.each(['nearest', 'linear'])('of one axis, %s', async mode => {
    await near([2, 3, 9], (b, x) => b.op('Resize', [x, undefined, b.constant(float32Tensor([1, 1, 2.5]))], { mode }))
  })
  it.each(['nearest', 'linear'])('of three axes, %s', async mode => {
    await near([1, 2, 3, 4, 5], (b, x) => b.op('Resize', [x, undefined, b.constant(float32Tensor([1, 1, 2, 1.5, 0.6]))], { mode }))
  })
})

describe('ConvTranspose', () => {
  const cases: readonly (readonly [string, readonly number[], readonly number[], Attributes])[] = [
    ['of three axes', [1, 2, 4, 5, 6], [2, 3, 3, 3, 3], { strides: [2, 2, 2], pads: [1, 1, 1, 1, 1, 1], output_padding: [1, 1, 1] }],
    ['of three axes and uneven pads', [1, 3, 4, 4, 4], [3, 2, 3, 4, 5], { strides: [1, 2, 3], pads: [0, 1, 2, 1, 0, 1] }],
    ['of groups with dilations', [1, 4, 5, 6], [4, 2, 3, 3], { strides: [2, 2], group: 2, dilations: [2, 1], pads: [1, 0, 1, 2] }],
    ['of one axis', [2, 3, 7], [3, 4, 3], { strides: [2], dilations: [2] }],
  ]
  it.each(cases)('%s, weights constant and made', async (_, shape, weights, attributes) => {
    await near(shape, (b, x) => b.op('ConvTranspose', [x, b.constant(waves(weights, 1))], attributes), 1e-5)
    const made = (b: Builder, x: Value): Value => b.op('Add', [b.constant(waves(weights, 1)), b.op('ReduceMax', [x], { keepdims: 0 })])
    if (weights.length < 5) await near(shape, (b, x) => b.op('ConvTranspose', [x, made(b, x)], attributes), 1e-5)
  })
})

it('windows of attention: one TRANSPOSE on the way in, one on the way out', async () => {
  const [c, heads] = [12, 3]
  const ops = await near([2, 8, 12, c], (b, x) => {
    const windows = b.op('Transpose', [b.op('Reshape', [x, b.ints([2, 2, 4, 3, 4, c])])], { perm: [0, 1, 3, 2, 4, 5] })
    const all = b.op('Add', [b.op('MatMul', [b.op('Reshape', [windows, b.ints([12, 16, c])]), b.constant(waves([c, 3 * c]))]), b.constant(waves([3 * c], 1))])
    const parts = b.op('Transpose', [b.op('Reshape', [all, b.ints([12, 16, 3, heads, c / heads])])], { perm: [2, 0, 3, 1, 4] })
    const [q, k, v] = [0, 1, 2].map(i => b.op('Gather', [parts, b.int(i)], { axis: 0 })) as [Value, Value, Value]
    const weights = b.op('Softmax', [b.op('MatMul', [b.op('Mul', [q, b.scalar(0.01, 'float32')]), b.op('Transpose', [k], { perm: [0, 1, 3, 2] })])], { axis: -1 })
    const joined = b.op('Reshape', [b.op('Transpose', [b.op('MatMul', [weights, v])], { perm: [0, 2, 1, 3] }), b.ints([12 * 16, c])])
    const y = b.op('Reshape', [b.op('Add', [b.op('MatMul', [joined, b.constant(waves([c, c], 2))]), b.constant(waves([c], 3))]), b.ints([2, 2, 3, 4, 4, c])])
    return b.op('Reshape', [b.op('Transpose', [y], { perm: [0, 1, 3, 2, 4, 5] }), b.ints([2, 8, 12, c])])
  }, 1e-5)
  expect(ops.filter(op => op === 'TRANSPOSE')).toHaveLength(2)
})

describe('while the model runs', () => {
  const vector = (b: Builder, numbers: readonly number[], i: Value): Value => b.op('Add', [b.ints(numbers), b.op('Cast', [i], { to: 7 })])
  /** x, and a 0 that is not known to be one. */
  async function runs(shape: readonly number[], build: (b: Builder, x: Value, zero: Value) => Value): Promise<void> {
    const make = (): Model => {
      const model = new Model()
      const [x, zero] = [model.graph.addInput(model.graph.value('x', tensorType('float32', shape))), model.graph.addInput(model.graph.value('zero', tensorType('int32', [1])))]
      const y = build(new Builder(model.graph), x, zero)
      y.rename('y')
      model.graph.addOutput(y)
      return model
    }
    const feeds = new Map<string, Tensor>([['x', waves(shape)], ['zero', inlineTensor('int32', [1], bytesOf(Int32Array.of(0)))]])
    const session = await oracle.prepare(make(), {})
    const want = (await session.run(feeds)).get('y') as Tensor
    session.dispose()
    const model = make()
    legalize(model, litert.target!, { log, layout: 'keep' })
    const got = (await runLiteRt(await fileOf(model), feeds)).get('y')!
    const numbers = (t: Tensor): number[] => Array.from(viewOf('float32', t.peek()!) as Float32Array)
    expect(got.shape).toEqual(want.shape)
    expect(numbers(got)).toEqual(numbers(want))
  }
  it('steps and axes of a slice', () => runs([4, 5], (b, x, zero) => b.op('Reshape', [b.op('Slice', [x, vector(b, [9, 0], zero), vector(b, [-9, 4], zero), vector(b, [1, 0], zero), vector(b, [-2, 1], zero)]), b.ints([4, 3])])))
  it.each(['constant', 'edge', 'reflect', 'wrap'])('pads, %s', mode => runs([3, 4], (b, x, zero) => b.op('Reshape', [b.op('Pad', [x, vector(b, mode === 'constant' ? [1, -1, 2, 3] : [1, 2, 2, 1], zero), b.scalar(7, 'float32')], { mode }), b.ints([6, mode === 'constant' ? 6 : 7])])))
  it('the parts of a split', () => runs([5, 2], (b, x, zero) => b.op('Reshape', [b.ops('Split', [x, vector(b, [2, 3], zero)], 2, { axis: 0 })[1], b.ints([3, 2])])))
  it('the depth of a code', () => runs([2, 3], (b, x, zero) => b.op('Reshape', [b.op('OneHot', [b.op('Cast', [b.op('Abs', [x])], { to: 7 }), vector(b, [3], zero), b.floats([-1, 2])]), b.ints([2, 3, 3])])))
})
