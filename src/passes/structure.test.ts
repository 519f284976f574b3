import { describe, expect, it } from 'vitest'
import { float, graphAttribute } from '../ir/attribute.ts'
import { Log } from '../diag/diagnostic.ts'
import { sym } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { Graph, Model, Node } from '../ir/model.ts'
import { float32Tensor, inlineTensor, int64Tensor } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { Builder } from '../ops/builder.ts'
import type { Make } from '../rewrite/pattern.ts'
import { makeWith } from '../rewrite/pattern.ts'
import { holds, mergeCasts } from './merge-casts.ts'
import { mergePads } from './merge-pads.ts'
import { mergeReshapes } from './merge-reshapes.ts'
import { mergeTransposes } from './merge-transposes.ts'
import { modelOf, noise, ops, runModel, tryPass } from './kit/testing.ts'
import type { Pass } from './pass.ts'
import { recogniseActivations } from './recognise-activations.ts'
import { removeIdentities, removeNoops } from './remove-noops.ts'
import { removeDeadCode } from './remove-dead-code.ts'
import { shareConstants, shareSubexpressions } from './share-subexpressions.ts'
import { unrollSequences } from './unroll-sequences.ts'

// Numbers are checked against the graph before the pass, evaluated node by node.
type Build = (m: Make, x: Value) => Value | readonly Value[]
type Shape = Parameters<typeof modelOf>[0]
const ctx = { log: new Log() }

/** [what, input shape, graph, operators left] */
function fires(pass: Pass, cases: readonly (readonly [string, Shape, Build, readonly string[], number?])[]): void {
  for (const [what, shape, build, left, limit] of cases)
    it(what, async () => {
      const result = await tryPass(pass, modelOf(shape, build))
      expect(result.ops).toEqual(left)
      expect(result.error).toBeLessThanOrEqual(limit ?? 0)
    })
}
function refuses(pass: Pass, cases: readonly (readonly [string, Shape, Build])[]): void {
  for (const [what, shape, build] of cases)
    it(`refuses ${what}`, async () => {
      const model = modelOf(shape, build)
      const before = ops(model)
      const result = await tryPass(pass, model)
      expect(result.ops).toEqual(before)
      expect(result.error).toBe(0)
    })
}
const N = sym('N')
const int8Tensor = (count: number, shape: readonly number[]) => inlineTensor('int8', shape, Uint8Array.from({ length: count }, (_, i) => (37 * i) % 256))

describe('remove-noops', () => {
  fires(removeNoops, [
    ['states that begin at 0', [4, 2, 3], (m, x) => {
      const [w, r, zeros] = [m.constant(noise([1, 8, 3], 1)), m.constant(noise([1, 8, 2], 2)), m.constant(noise([1, 2, 2], 3, 0, 0))]
      return m.Add(m.op('LSTM', [x, w, r, undefined, undefined, zeros, zeros], { hidden_size: 2 }), m.op('LSTM', [x, w, r], { hidden_size: 2 }))
    }, ['LSTM', 'LSTM', 'Add']],
    ['Dropout', [2, 3], (m, x) => m.Relu(m.Dropout(m.Neg(x))), ['Neg', 'Relu']],
    ['Cast to the same type', [2, 3], (m, x) => m.Relu(m.Cast(x, { to: 1 })), ['Relu']],
    ['Reshape to the same shape, sizes open', [N, 3, 4], (m, x) => m.Relu(m.Reshape(x, m.ints([0, 3, -1]))), ['Relu']],
    ['Expand to the same shape', [2, 3], (m, x) => m.Relu(m.Expand(x, m.ints([1, 3]))), ['Relu']],
    ['Transpose that keeps the order', [2, 3], (m, x) => m.Relu(m.Transpose(x, { perm: [0, 1] })), ['Relu']],
    ['Pad by nothing', [2, 3], (m, x) => m.Relu(m.Pad(x, m.ints([0, 0, 0, 0]))), ['Relu']],
    ['Slice of everything', [N, 6], (m, x) => m.Relu(m.Slice(x, m.ints([0]), m.ints([2n ** 63n - 1n]), m.ints([0]), m.ints([1]))), ['Relu']],
    ['Concat of one', [2, 3], (m, x) => m.Relu(m.Concat(x, { axis: 0 })), ['Relu']],
    ['a product with 1', [2, 3], (m, x) => m.Relu(m.Mul(x, m.floats([1]))), ['Relu']],
    ['a product with 1 on the left', [2, 3], (m, x) => m.Relu(m.Mul(m.floats([1]), x)), ['Relu']],
    ['a difference with +0', [2, 3], (m, x) => m.Relu(m.Sub(x, m.floats([0]))), ['Relu']],
    ['a sum with -0', [2, 3], (m, x) => m.Relu(m.Add(x, m.floats([-0]))), ['Relu']],
    ['Resize by 1', [1, 1, 2, 3], (m, x) => m.Relu(m.Resize(x, undefined, m.floats([1, 1, 1, 1]))), ['Relu']],
    ['Relu of Relu', [2, 3], (m, x) => m.Relu(m.Relu(x)), ['Relu']],
  ])
  refuses(removeNoops, [
    ['Dropout in training', [2, 3], (m, x) => m.Relu(m.Dropout(x, m.scalar(0, 'float32'), m.constant({ ...int64Tensor([1], []), dtype: 'bool', shape: [], byteLength: 1, peek: () => Uint8Array.of(1), load: async () => Uint8Array.of(1) })))],
    ['a Slice that reverses', [4], (m, x) => m.Relu(m.Slice(x, m.ints([-1]), m.ints([-9]), m.ints([0]), m.ints([-1])))],
    ['a Slice of the first five of an open size', [N], (m, x) => m.Relu(m.Slice(x, m.ints([0]), m.ints([5]), m.ints([0])))],
    ['a product with 1 that broadcasts', [3], (m, x) => m.Relu(m.Mul(x, m.constant(float32Tensor([1, 1, 1, 1, 1, 1], [2, 3]))))],
    ['a sum with +0, which turns -0 to 0', [2, 3], (m, x) => m.Relu(m.Add(x, m.floats([0])))],
    ['Pad by one and minus one', [3], (m, x) => m.Relu(m.Pad(x, m.ints([1, -1])))],
    ['Resize that changes a size', [1, 1, 2, 3], (m, x) => m.Relu(m.Resize(x, undefined, m.floats([1, 1, 2, 1]), { mode: 'nearest' }))],
  ])
})

describe('remove-identities', () => {
  it('removes them inside and at the end, and keeps the name of the output', () => {
    const model = modelOf([2], (m, x) => m.Identity(m.Relu(m.Identity(x))))
    model.graph.outputs[0]!.rename('y')
    expect(removeIdentities.run(model, ctx).changed).toBe(true)
    expect(ops(model)).toEqual(['Relu'])
    expect(model.graph.outputs[0]!.name).toBe('y')
  })
  it('keeps one between an input and an output', () => {
    const model = modelOf([2], (m, x) => m.Identity(x))
    expect(removeIdentities.run(model, ctx).changed).toBe(false)
    expect(ops(model)).toEqual(['Identity'])
  })
})

describe('merge-transposes', () => {
  fires(mergeTransposes, [
    ['two that cancel', [2, 3, 4, 5], (m, x) => m.Transpose(m.Transpose(x, { perm: [0, 2, 3, 1] }), { perm: [0, 3, 1, 2] }), ['Identity']],
    ['two in a row', [2, 3, 4], (m, x) => m.Transpose(m.Transpose(x, { perm: [1, 2, 0] }), { perm: [2, 1, 0] }), ['Transpose']],
    ['two round elementwise operators', [2, 3, 4], (m, x) => m.Transpose(m.Clip(m.Relu(m.Transpose(x, { perm: [1, 2, 0] })), m.scalar(0, 'float32'), m.scalar(0.5, 'float32')), { perm: [2, 0, 1] }), ['Relu', 'Clip']],
    ['two round a sum with a constant', [2, 3, 4], (m, x) => m.Transpose(m.Add(m.constant(noise([4, 1], 3)), m.Transpose(x, { perm: [0, 2, 1] })), { perm: [0, 2, 1] }), ['Add']],
    ['two round a pad', [2, 3, 4], (m, x) => m.Transpose(m.Pad(m.Transpose(x, { perm: [1, 2, 0] }), m.ints([0, 1, 2, 3, 0, 1]), m.scalar(0.5, 'float32')), { perm: [2, 0, 1] }), ['Pad']],
    ['two round a factor for each channel', [2, 3, 4], (m, x) => m.Transpose(m.Mul(m.Transpose(x, { perm: [0, 2, 1] }), m.Reshape(m.ReduceMax(x, m.ints([0, 2]), { keepdims: 0 }), m.ints([1, 1, 3]))), { perm: [0, 2, 1] }), ['ReduceMax', 'Reshape', 'Reshape', 'Mul']],
    ['two round a gate for each channel', [2, 3, 4], (m, x) => m.Transpose(m.Mul(m.Transpose(x, { perm: [0, 2, 1] }), m.Sigmoid(m.Reshape(m.ReduceMax(x, m.ints([0, 2]), { keepdims: 0 }), m.ints([1, 1, 3])))), { perm: [0, 2, 1] }), ['ReduceMax', 'Reshape', 'Reshape', 'Sigmoid', 'Mul']],
    ['two into a product', [2, 3, 4], (m, x) => m.Transpose(m.Mul(m.Transpose(x, { perm: [2, 0, 1] }), m.Transpose(m.Relu(x), { perm: [2, 0, 1] })), { perm: [1, 2, 0] }), ['Relu', 'Mul']],
    ['one that moves only sizes of 1', [2, 3, 1, 1], (m, x) => m.Relu(m.Transpose(x, { perm: [0, 2, 3, 1] })), ['Reshape', 'Relu']],
  ])
  refuses(mergeTransposes, [
    ['different orders', [3, 3, 3], (m, x) => m.Add(m.Transpose(x, { perm: [2, 0, 1] }), m.Transpose(m.Relu(x), { perm: [0, 2, 1] }))],
    ['a constant of more axes', [2, 3], (m, x) => m.Add(m.constant(noise([2, 3, 2], 3)), m.Transpose(x))],
  ])
})

describe('merge-reshapes', () => {
  fires(mergeReshapes, [
    ['two in a row', [2, 12], (m, x) => m.Reshape(m.Reshape(x, m.ints([2, 3, 4])), m.ints([6, 4])), ['Reshape']],
    ['two round an activation', [N, 12], (m, x) => m.Flatten(m.Clip(m.Reshape(x, m.ints([0, 3, 4])), m.scalar(0, 'float32'), m.scalar(0.5, 'float32'))), ['Clip']],
    ['two round a Gelu', [2, 12], (m, x) => m.Reshape(m.Gelu(m.Reshape(x, m.ints([1, 2, 12])), { approximate: 'tanh' }), m.ints([-1, 12])), ['Gelu']],
    ['two round a Cast', [2, 12], (m, x) => m.Flatten(m.Cast(m.Reshape(x, m.ints([2, 3, 4])), { to: 11 })), ['Cast']],
    ['Squeeze after Unsqueeze', [N, 3], (m, x) => m.Relu(m.Squeeze(m.Unsqueeze(x, m.ints([0, 3])), m.ints([0, 3]))), ['Relu']],
    ['Flatten after Reshape with an open size', [N, 12], (m, x) => m.Flatten(m.Reshape(x, m.ints([0, 3, 4]))), ['Identity']],
    ['a shape worked out from the input', [N, 3, 4], (m, x) => m.Reshape(x, m.Concat(m.Slice(m.Shape(x), m.ints([0]), m.ints([1])), m.ints([12]), { axis: 0 })), ['Shape', 'Slice', 'Concat', 'Reshape']],
  ])
  refuses(mergeReshapes, [
    ['reshapes round a Gelu that lead elsewhere', [2, 12], (m, x) => m.Reshape(m.Gelu(m.Reshape(x, m.ints([4, 6]))), m.ints([6, 4]))],
    ['reshapes round a sum along an axis', [2, 12], (m, x) => m.Reshape(m.op('CumSum', [m.Reshape(x, m.ints([4, 6])), m.scalar(0, 'int64')]), m.ints([2, 12]))],
  ])
  it('refuses two sizes that are only known at run time', () => {
    const model = new Model()
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [sym('A'), 4])))
    const s = model.graph.addInput(model.graph.value('s', tensorType('int64', [3])))
    const m = makeWith(new Builder(model.graph))
    model.graph.addOutput(m.Reshape(m.Reshape(x, s), m.ints([-1, 2])))
    expect(mergeReshapes.run(model, ctx).changed).toBe(true)
    expect(ops(model)).toEqual(['Reshape'])
    const again = m.Reshape(m.Relu(x), s)
    model.graph.addOutput(again)
    expect(mergeReshapes.run(model, ctx).changed).toBe(false)
  })
})

describe('merge-casts', () => {
  const cast = (m: Make, x: Value, to: number): Value => m.Cast(x, { to })
  fires(mergeCasts, [
    ['through a wider type and back', [4], (m, x) => m.Relu(cast(m, cast(m, x, 11), 1)), ['Relu']],
    ['of stored weights, laid out before', [2, 3], (m, x) => m.Add(x, m.Transpose(cast(m, m.constant(int8Tensor(6, [3, 2])), 1), { perm: [1, 0] })), ['Cast', 'Add']],
    ['of stored weights, reshaped before', [2, 3], (m, x) => m.Add(x, m.Reshape(cast(m, m.constant(int8Tensor(6, [6])), 1), m.ints([2, 3]))), ['Cast', 'Add']],
    ['through wider types', [4], (m, x) => cast(m, cast(m, cast(m, m.Not(m.Equal(x, x)), 6), 7), 1), ['Equal', 'Not', 'Cast']],
  ])
  refuses(mergeCasts, [
    ['through a type that rounds', [4], (m, x) => cast(m, cast(m, x, 10), 1)],
    ['through integers', [4], (m, x) => cast(m, cast(m, x, 6), 1)],
  ])
  it('knows which types hold which', () => {
    expect(holds('int32', 'float32')).toBe(false)
    expect(holds('int32', 'float64')).toBe(true)
    expect(holds('uint8', 'int8')).toBe(false)
    expect(holds('uint8', 'int16')).toBe(true)
    expect(holds('float16', 'bfloat16')).toBe(false)
    expect(holds('bool', 'float16')).toBe(true)
  })
})

describe('merge-pads', () => {
  const w = (m: Make): Value => m.constant(noise([2, 2, 3, 3], 1))
  fires(mergePads, [
    ['into Conv', [1, 2, 5, 6], (m, x) => m.Conv(m.Pad(x, m.ints([0, 0, 1, 2, 0, 0, 0, 1])), w(m), { pads: [1, 0, 0, 1] }), ['Conv']],
    ['into Conv by axes', [1, 2, 5, 6], (m, x) => m.Conv(m.Pad(x, m.ints([1, 2]), m.scalar(0, 'float32'), m.ints([-1])), w(m)), ['Conv']],
    ['of -infinity into MaxPool', [1, 2, 5, 6], (m, x) => m.MaxPool(m.Pad(x, m.ints([0, 0, 1, 1, 0, 0, 1, 1]), m.scalar(-Infinity, 'float32')), { kernel_shape: [3, 3] }), ['MaxPool']],
    ['into AveragePool, which then counts it', [1, 2, 5, 6], (m, x) => m.AveragePool(m.Pad(x, m.ints([0, 0, 1, 1, 0, 0, 1, 1])), { kernel_shape: [2, 2] }), ['AveragePool']],
  ])
  refuses(mergePads, [
    ['another value than 0', [1, 2, 5, 6], (m, x) => m.Conv(m.Pad(x, m.ints([0, 0, 1, 1, 0, 0, 1, 1]), m.scalar(1, 'float32')), w(m))],
    ['reflected padding', [1, 2, 5, 6], (m, x) => m.Conv(m.Pad(x, m.ints([0, 0, 1, 1, 0, 0, 1, 1]), { mode: 'reflect' }), w(m))],
    ['padded channels', [1, 1, 5, 6], (m, x) => m.Conv(m.Pad(x, m.ints([0, 1, 0, 0, 0, 0, 0, 0])), w(m))],
    ['MaxPool', [1, 2, 5, 6], (m, x) => m.MaxPool(m.Pad(x, m.ints([0, 0, 1, 1, 0, 0, 1, 1])), { kernel_shape: [2, 2] })],
    ['a pool that does not count its own', [1, 2, 5, 6], (m, x) => m.AveragePool(m.Pad(x, m.ints([0, 0, 1, 1, 0, 0, 1, 1])), { kernel_shape: [2, 2], pads: [1, 1, 0, 0] })],
  ])
})

describe('recognise-activations', () => {
  const clip = (m: Make, x: Value): Value => m.Clip(m.Add(x, m.floats([3])), m.scalar(0, 'float32'), m.scalar(6, 'float32'))
  const wide: Build = (m, x) => m.Mul(x, m.floats([5]))
  fires(recogniseActivations, [
    ['HardSwish as product over 6', [64], (m, x) => (x = wide(m, x) as Value, m.Div(m.Mul(x, clip(m, x)), m.floats([6]))), ['Mul', 'HardSwish'], 1e-6],
    ['HardSwish as product times a sixth', [64], (m, x) => (x = wide(m, x) as Value, m.Mul(m.Mul(clip(m, x), x), m.floats([1 / 6]))), ['Mul', 'HardSwish'], 1e-6],
    ['HardSwish as product with a quotient', [64], (m, x) => (x = wide(m, x) as Value, m.Mul(x, m.Div(clip(m, x), m.floats([6])))), ['Mul', 'HardSwish'], 1e-6],
    ['HardSigmoid', [64], (m, x) => (x = wide(m, x) as Value, m.Div(clip(m, x), m.floats([6]))), ['Mul', 'HardSigmoid'], 1e-6],
    ['HardSwish as product with HardSigmoid', [64], (m, x) => (x = wide(m, x) as Value, m.Mul(m.HardSigmoid(x, { alpha: float(0.1666667), beta: float(0.5) }), x)), ['Mul', 'HardSwish'], 1e-6],
  ])
  refuses(recogniseActivations, [
    ['other bounds', [8], (m, x) => m.Div(m.Mul(x, m.Clip(m.Add(x, m.floats([3])), m.scalar(0, 'float32'), m.scalar(5, 'float32'))), m.floats([6]))],
    ['another value in the product', [8], (m, x) => m.Mul(m.Neg(x), m.HardSigmoid(x, { alpha: float(1 / 6), beta: float(0.5) }))],
    ['the usual slope', [8], (m, x) => m.Mul(x, m.HardSigmoid(x))],
  ])
})

describe('unroll-sequences', () => {
  const split = (m: Make, x: Value, sizes: Value | undefined, more: Record<string, number>): Value => m.op('SplitToSequence', [x, sizes], more)
  const at = (m: Make, s: Value, i: number): Value => m.op('SequenceAt', [s, m.int(i)])
  fires(unrollSequences, [
    ['parts of given sizes', [3, 7], (m, x) => at(m, split(m, x, m.ints([2, 4, 1]), { axis: 1 }), 1), ['Slice']],
    ['parts of one size, the last shorter', [3, 7], (m, x) => at(m, split(m, x, m.int(3), { axis: -1 }), -1), ['Slice']],
    ['single entries without their axis', [3, 7], (m, x) => at(m, split(m, x, undefined, { axis: 0, keepdims: 0 }), 2), ['Slice', 'Squeeze']],
    ['an element of a list', [3], (m, x) => at(m, m.op('SequenceConstruct', [m.Relu(x), m.Neg(x)]), -1), ['Relu', 'Neg']],
    ['a list put together', [3], (m, x) => m.op('ConcatFromSequence', [m.op('SequenceConstruct', [m.Relu(x), m.Neg(x)])], { axis: 0, new_axis: 1 }), ['Relu', 'Neg', 'Unsqueeze', 'Unsqueeze', 'Concat']],
  ])
  refuses(unrollSequences, [['a place that varies', [3], (m, x) => m.op('SequenceAt', [m.op('SequenceConstruct', [x, m.Neg(x)]), m.op('ArgMax', [x], { keepdims: 0 })])]])
})

describe('sharing and dead code', () => {
  it('computes equal things once, also when their constants are apart', async () => {
    const model = modelOf([2, 3], (m, x) => m.Sub(m.Mul(m.Add(x, m.floats([2])), x), m.Mul(m.Add(x, m.floats([2])), x)))
    const result = await tryPass(shareSubexpressions, model)
    expect(result.ops).toEqual(['Add', 'Mul', 'Sub'])
    expect(result.error).toBe(0)
  })
  it('keeps what differs in attributes, inputs or is random', async () => {
    const model = modelOf([2, 3], (m, x) => [m.Softmax(x, { axis: 0 }), m.Softmax(x, { axis: 1 }), m.Softmax(m.Neg(x), { axis: 1 })])
    expect((await tryPass(shareSubexpressions, model)).changed).toBe(false)
    const noisy = modelOf([2, 3], (m, x) => m.Add(m.op('RandomNormalLike', [x]), m.op('RandomNormalLike', [x])))
    expect(shareSubexpressions.run(noisy, ctx).changed).toBe(false)
  })
  it('makes equal constants one', async () => {
    const model = modelOf([2, 3], (m, x) => m.Add(m.Add(x, m.constant(noise([40, 2, 3], 1))), m.constant(noise([40, 2, 3], 1))))
    expect((await tryPass(shareConstants, model)).changed).toBe(true)
    expect(new Set([...model.allNodes()].map(n => n.inputs[1])).size).toBe(1)
    expect((await tryPass(shareConstants, modelOf([2, 3], (m, x) => m.Add(m.Add(x, m.floats([1])), m.floats([2]))))).changed).toBe(false)
  })
  it('removes what nothing uses, results of If too', async () => {
    const model = modelOf([2], (m, x) => {
      m.Neg(m.Relu(x))
      return m.Relu(x)
    })
    expect(await tryPass(removeDeadCode, model)).toMatchObject({ changed: true, ops: ['Relu'], error: 0 })
    expect(removeDeadCode.run(model, ctx).changed).toBe(false)
    const branching = new Model()
    const x = branching.graph.addInput(branching.graph.value('x', tensorType('float32', [2])))
    const c = branching.graph.addInput(branching.graph.value('c', tensorType('bool', [])))
    const branch = (op: string): Graph => {
      const g = new Graph(branching.names, op)
      const b = new Builder(g)
      g.addOutput(b.op(op, [x]))
      g.addOutput(b.op('Abs', [x]))
      return g
    }
    const node = branching.graph.insert(new Node({ op: 'If', inputs: [c], attributes: { then_branch: graphAttribute(branch('Relu')), else_branch: graphAttribute(branch('Neg')) } }))
    node.setOutput(0, branching.graph.value('unused'))
    node.setOutput(1, branching.graph.value('y'))
    branching.graph.addOutput(node.outputs[1]!)
    expect(removeDeadCode.run(branching, ctx).changed).toBe(true)
    expect(node.outputs.map(v => v?.name)).toEqual(['y'])
    removeDeadCode.run(branching, ctx)
    expect(ops(branching)).toEqual(['If', 'Abs', 'Abs'])
  })
})

it('every output of a model is compared', async () => {
  const model = modelOf([2], (m, x) => [m.Relu(x), m.Neg(x)])
  expect(await runModel(model, noise([2], 1))).toHaveLength(2)
})
