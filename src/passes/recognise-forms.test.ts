import { describe, expect, it } from 'vitest'
import { float } from '../ir/attribute.ts'
import { sym } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { int64Tensor } from '../ir/tensor.ts'
import type { Make } from '../rewrite/pattern.ts'
import { modelOf, tryPass } from './kit/testing.ts'
import { mergeClips } from './merge-clips.ts'
import type { Pass } from './pass.ts'
import { recogniseActivations } from './recognise-activations.ts'
import { recogniseReduces } from './recognise-reduces.ts'
import { recogniseSoftmax } from './recognise-softmax.ts'
import { removeDeadCode } from './remove-dead-code.ts'
import { reshapeForGather } from './reshape-for-gather.ts'

// Numbers are checked against the graph before the pass, evaluated node by node in double precision.
type Build = (m: Make, x: Value) => Value | readonly Value[]
type Case = readonly [what: string, shape: Parameters<typeof modelOf>[0], build: Build, left: readonly string[]]

const becomes = (pass: Pass, cases: readonly Case[], limit = 1e-6): void => {
  for (const [what, shape, build, left] of cases)
    it(what, async () => {
      const cleaned: Pass = { name: pass.name, run: (model, ctx) => (removeDeadCode.run(model, ctx), pass.run(model, ctx)) }
      const result = await tryPass(cleaned, modelOf(shape, build))
      expect(result.ops).toEqual(left)
      expect(result.error).toBeLessThan(limit)
    })
}
const one = (m: Make, n: number): Value => m.scalar(n, 'float32')
const clip = (m: Make, x: Value, low: number | undefined, high: number | undefined): Value => m.Clip(x, low === undefined ? undefined : one(m, low), high === undefined ? undefined : one(m, high))
const wide = (m: Make, x: Value): Value => m.Mul(x, m.floats([8]))

describe('merge-clips', () => {
  becomes(mergeClips, [
    ['Min of Max', [64], (m, x) => m.Min(m.Max(x, one(m, -0.5)), one(m, 0.25)), ['Clip']],
    ['Max of Min, numbers first', [64], (m, x) => m.Max(one(m, -0.5), m.Min(one(m, 0.25), x)), ['Clip']],
    ['Relu6 as Min of Relu', [64], (m, x) => m.Min(m.Relu(x), one(m, 0.5)), ['Clip']],
    ['Relu of Min', [64], (m, x) => m.Relu(m.Min(x, one(m, 0.5))), ['Clip']],
    ['Clip of Relu', [64], (m, x) => clip(m, m.Relu(x), -1, 0.5), ['Clip']],
    ['Relu of Clip', [64], (m, x) => m.Relu(clip(m, x, -0.5, 0.5)), ['Clip']],
    ['Clip of Clip', [64], (m, x) => clip(m, clip(m, x, -0.5, 0.75), -0.75, 0.5), ['Clip']],
    ['bounds that exclude each other', [64], (m, x) => clip(m, clip(m, x, 0.5, 0.75), -0.5, 0.25), ['Clip']],
    ['a Clip by 0 alone and another Relu', [64], (m, x) => m.Relu(clip(m, x, 0, undefined)), ['Relu']],
    ['no bounds that vary', [64], (m, x) => m.Min(m.Max(x, m.floats(Array.from({ length: 64 }, (_, i) => i / 64))), one(m, 0.25)), ['Max', 'Min']],
    ['no bound that others see past', [64], (m, x) => {
      const y = m.Max(x, one(m, -0.5))
      return [y, m.Min(y, one(m, 0.25))]
    }, ['Max', 'Min']],
    ['no bound that widens the shape', [], (m, x) => m.Min(m.Max(x, m.floats([-0.5])), one(m, 0.25)), ['Max', 'Min']],
  ], 1e-30)
})

describe('recognise-activations', () => {
  const six = (m: Make, x: Value): Value => clip(m, m.Add(x, one(m, 3)), 0, 6)
  becomes(recogniseActivations, [
    ['HardSwish with the sixth on x', [64], (m, x) => (x = wide(m, x), m.Mul(m.Mul(x, one(m, 1 / 6)), six(m, x))), ['Mul', 'HardSwish']],
    ['HardSwish with x over 6', [64], (m, x) => (x = wide(m, x), m.Mul(six(m, x), m.Div(x, one(m, 6)))), ['Mul', 'HardSwish']],
    ['HardSwish between 0 and 1', [64], (m, x) => (x = wide(m, x), m.Mul(x, clip(m, m.Div(m.Add(x, one(m, 3)), one(m, 6)), 0, 1))), ['Mul', 'HardSwish']],
    ['HardSigmoid of Keras', [64], (m, x) => (x = wide(m, x), clip(m, m.Add(m.Mul(x, one(m, 0.2)), one(m, 0.5)), 0, 1)), ['Mul', 'HardSigmoid']],
    ['HardSigmoid after the quotient', [64], (m, x) => (x = wide(m, x), clip(m, m.Add(m.Div(x, one(m, 6)), one(m, 0.5)), 0, 1)), ['Mul', 'HardSigmoid']],
    ['Softplus', [64], (m, x) => (x = wide(m, x), m.Log(m.Add(m.Exp(x), one(m, 1)))), ['Mul', 'Softplus']],
    ['Mish', [64], (m, x) => (x = wide(m, x), m.Mul(x, m.Tanh(m.op('Softplus', [x])))), ['Mul', 'Mish']],
    ['Mish to the last operator', [64], (m, x) => (x = wide(m, x), m.Mul(m.Tanh(m.Log(m.Add(one(m, 1), m.Exp(x)))), x)), ['Mul', 'Mish']],
    ['SiLU', [64], (m, x) => (x = wide(m, x), m.Mul(x, m.Sigmoid(x))), ['Mul', 'Swish']],
    ['Gelu by a sigmoid', [64], (m, x) => (x = wide(m, x), m.Mul(m.Sigmoid(m.Mul(one(m, 1.702), x)), x)), ['Mul', 'Swish']],
    ['no gate of something else', [64], (m, x) => m.Mul(x, m.Sigmoid(m.Neg(x))), ['Neg', 'Sigmoid', 'Mul']],
    ['no slopes that vary', [2], (m, x) => m.Mul(x, m.Sigmoid(m.Mul(x, m.floats([1, 2])))), ['Mul', 'Sigmoid', 'Mul']],
    ['no line outside 0 and 1', [64], (m, x) => clip(m, m.Add(m.Mul(x, one(m, 0.2)), one(m, 0.5)), 0, 2), ['Mul', 'Add', 'Clip']],
  ])
})

describe('recognise-softmax', () => {
  const shifted = (m: Make, x: Value, axis: number): Value => m.Sub(x, m.ReduceMax(x, m.ints([axis])))
  const sum = (m: Make, x: Value, axis: number, keepdims = 1): Value => m.ReduceSum(x, m.ints([axis]), { keepdims })
  becomes(recogniseSoftmax, [
    ['a quotient less the greatest', [3, 5, 4], (m, x) => { const e = m.Exp(shifted(m, x, -1)); return m.Div(e, sum(m, e, 2)) }, ['Softmax']],
    ['over another axis', [3, 5, 4], (m, x) => { const e = m.Exp(shifted(m, x, 1)); return m.Div(e, sum(m, e, 1)) }, ['Softmax']],
    ['a quotient alone', [3, sym('N')], (m, x) => { const e = m.Exp(x); return m.Div(e, sum(m, e, -1)) }, ['Softmax']],
    ['a product with a reciprocal', [3, 5], (m, x) => { const e = m.Exp(x); return m.Mul(m.Reciprocal(sum(m, e, -1)), e) }, ['Softmax']],
    ['LogSoftmax in two', [3, 5], (m, x) => m.Log(m.Softmax(x, { axis: 0 })), ['LogSoftmax']],
    ['LogSoftmax spelled out', [3, 5], (m, x) => { const d = shifted(m, x, -1); return m.Sub(d, m.Log(sum(m, m.Exp(d), -1))) }, ['LogSoftmax']],
    ['LogSoftmax by ReduceLogSumExp', [3, 5], (m, x) => m.Sub(x, m.op('ReduceLogSumExp', [x, m.ints([1])])), ['LogSoftmax']],
    ['not over two axes', [3, 5], (m, x) => { const e = m.Exp(x); return m.Div(e, m.ReduceSum(e, m.ints([0, 1]))) }, ['Exp', 'ReduceSum', 'Div']],
    ['not with a sum that loses its axis', [5, 5], (m, x) => { const e = m.Exp(x); return m.Div(e, sum(m, e, 1, 0)) }, ['Exp', 'ReduceSum', 'Div']],
    ['Softmax of what is shifted', [3, 5, 4], (m, x) => m.Softmax(shifted(m, x, 1), { axis: 1 }), ['Softmax']],
    ['as it is with the greatest of another axis', [5, 5], (m, x) => { const e = m.Exp(shifted(m, x, 0)); return m.Div(e, sum(m, e, 1)) }, ['ReduceMax', 'Sub', 'Softmax']],
  ])
})

describe('recognise-reduces', () => {
  becomes(recogniseReduces, [
    ['ReduceL2', [3, 5], (m, x) => m.Sqrt(m.ReduceSum(m.Mul(x, x), m.ints([1]), { keepdims: 0 })), ['ReduceL2']],
    ['ReduceL2 by a power', [3, 5], (m, x) => m.Sqrt(m.ReduceSum(m.Pow(x, one(m, 2)))), ['ReduceL2']],
    ['ReduceL1', [3, 5], (m, x) => m.ReduceSum(m.Abs(x), m.ints([0])), ['ReduceL1']],
    ['ReduceLogSum', [3, 5], (m, x) => m.Log(m.ReduceSum(m.Add(x, one(m, 2)))), ['Add', 'ReduceLogSum']],
    ['no square that is needed elsewhere', [3, 5], (m, x) => { const y = m.Mul(x, x); return [y, m.ReduceSum(y)] }, ['Mul', 'ReduceSum']],
    ['no third power', [3, 5], (m, x) => m.ReduceSum(m.Pow(x, one(m, 3))), ['Pow', 'ReduceSum']],
  ])
})

describe('reshape-for-gather', () => {
  const places = (m: Make, numbers: readonly number[], shape: readonly number[]): Value => m.constant(int64Tensor(numbers, shape))
  becomes(reshapeForGather, [
    ['all entries of an axis', [2, 3], (m, x) => m.Gather(x, places(m, [0, 1, -1], [3]), { axis: 1 }), ['Reshape']],
    ['all elements, under other axes', [2, 3], (m, x) => m.op('GatherND', [x, places(m, [0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2], [2, 1, 3, 2])]), ['Reshape']],
    ['all rows', [2, 3], (m, x) => m.op('GatherND', [x, places(m, [0, 1], [2, 1])]), ['Reshape']],
    ['not some', [2, 3], (m, x) => m.Gather(x, places(m, [0, 1], [2]), { axis: 1 }), ['Gather']],
    ['not in another order', [2, 3], (m, x) => m.Gather(x, places(m, [0, 2, 1], [3]), { axis: 1 }), ['Gather']],
  ], 1e-30)
  it('keeps a gather along an open axis', async () => {
    const left = await tryPass(reshapeForGather, modelOf([sym('N'), 3], (m, x) => m.Gather(x, m.ints([0]), { axis: 0 })))
    expect(left.ops).toEqual(['Gather'])
  })
  it('leaves attributes of float as they are', async () => {
    const model = modelOf([4], (m, x) => m.op('Swish', [x], { alpha: float(1.5) }))
    expect((await tryPass(recogniseActivations, model)).ops).toEqual(['Swish'])
  })
})
