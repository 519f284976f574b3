import { describe, expect, it } from 'vitest'
import { sym } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import type { Make } from '../rewrite/pattern.ts'
import { dropExpands } from './drop-expands.ts'
import { foldGathers } from './fold-gathers.ts'
import { modelOf, noise, onDisk, tryPass } from './kit/testing.ts'
import { mergeCasts } from './merge-casts.ts'
import { mergeScales } from './merge-scales.ts'
import type { Pass } from './pass.ts'
import { recogniseGelu } from './recognise-gelu.ts'
import { recogniseInstances } from './recognise-instances.ts'
import { recognisePatches } from './recognise-patches.ts'
import { removeDeadCode } from './remove-dead-code.ts'

// Numbers are checked against the graph before the pass, evaluated node by node in double precision.
type Build = (m: Make, x: Value) => Value | readonly Value[]
type Case = readonly [what: string, shape: Parameters<typeof modelOf>[0], build: Build, left: readonly string[]]

const becomes = (pass: Pass, cases: readonly Case[], limit = 1e-6): void => {
  for (const [what, shape, build, left] of cases)
    it(what, async () => {
      const cleaned: Pass = { name: pass.name, run: (model, ctx) => { const done = pass.run(model, ctx); removeDeadCode.run(model, ctx); return done } }
      const result = await tryPass(cleaned, modelOf(shape, build))
      expect(result.ops).toEqual(left)
      expect(result.error).toBeLessThan(limit)
    })
}
const one = (m: Make, n: number): Value => m.scalar(n, 'float32')
const weight = (m: Make, shape: readonly number[], seed: number): Value => m.constant(onDisk(noise(shape, seed)))

describe('drop-expands', () => {
  becomes(dropExpands, [
    ['a divisor that is stretched first', [2, 3, 4], (m, x) => m.Div(x, m.Expand(m.ReduceMax(x, m.ints([-1])), m.ints([2, 3, 4]))), ['ReduceMax', 'Div']],
    ['one number for all', [2, 3], (m, x) => m.Min(m.Expand(one(m, 0.5), m.ints([2, 3])), x), ['Min']],
    ['a bound in a choice', [sym('N'), 3], (m, x) => m.Where(m.op('Greater', [x, one(m, 0)]), x, m.Expand(m.floats([1, 2, 3]), m.op('Shape', [x]))), ['Greater', 'Where']],
    ['not what makes the shape', [3], (m, x) => m.Add(x, m.Expand(one(m, 1), m.ints([2, 3]))), ['Expand', 'Add']],
  ], 1e-30)
})

describe('merge-casts', () => {
  becomes(mergeCasts, [['the type of another value', [3], (m, x) => m.Mul(x, m.op('CastLike', [m.int(6), x])), ['Cast', 'Mul']]], 1e-30)
})

describe('merge-scales', () => {
  becomes(mergeScales, [
    ['of both sides of a product', [2, 3, 3], (m, x) => m.MatMul(m.Mul(x, one(m, 0.5)), m.Mul(m.floats([0.25]), m.Sigmoid(x))), ['Sigmoid', 'Mul', 'MatMul']],
    ['also where one is turned after it', [2, 3, 4], (m, x) => m.MatMul(m.Mul(x, one(m, 0.5)), m.Transpose(m.Mul(x, one(m, 0.5)), { perm: [0, 2, 1] })), ['Mul', 'Transpose', 'MatMul']],
    ['not numbers for each column', [2, 3, 3], (m, x) => m.MatMul(m.Mul(x, one(m, 0.5)), m.Mul(m.floats([1, 2, 3]), x)), ['Mul', 'Mul', 'MatMul']],
  ])
})

describe('recognise-instances', () => {
  const mean = (m: Make, x: Value, axes: readonly number[]): Value => m.ReduceMean(x, m.ints(axes))
  const spelled = (m: Make, x: Value, axes: readonly number[], square: (d: Value) => Value): Value => {
    const centred = m.Sub(x, mean(m, x, axes))
    return m.Div(centred, m.Sqrt(m.Add(mean(m, square(centred), axes), one(m, 1e-5))))
  }
  becomes(recogniseInstances, [
    ['an image by products', [2, 3, 4, 5], (m, x) => spelled(m, x, [2, 3], d => m.Mul(d, d)), ['InstanceNormalization']],
    ['a sequence by a power', [2, 3, 4], (m, x) => spelled(m, x, [-1], d => m.Pow(d, one(m, 2))), ['InstanceNormalization']],
    ['with scale and bias', [2, 3, 4, 5], (m, x) => m.Add(m.Mul(spelled(m, x, [-2, -1], d => m.Mul(d, d)), m.constant(noise([3, 1, 1], 1))), m.constant(noise([1, 3, 1, 1], 2))), ['InstanceNormalization']],
    ['not channels', [2, 3, 4], (m, x) => spelled(m, x, [1], d => m.Mul(d, d)), ['ReduceMean', 'Sub', 'Mul', 'ReduceMean', 'Add', 'Sqrt', 'Div']],
    ['not a scale along another axis', [2, 3, 3], (m, x) => m.Mul(spelled(m, x, [2], d => m.Mul(d, d)), m.constant(noise([3], 1))), ['InstanceNormalization', 'Mul']],
  ])
})

describe('recognise-gelu', () => {
  const complement = (m: Make, x: Value): Value => m.Sub(one(m, 1), m.Erf(m.Mul(m.Neg(x), one(m, Math.SQRT1_2))))
  becomes(recogniseGelu, [
    ['by the complement of the error function', [64], (m, x) => m.Mul(m.Mul(x, one(m, 0.5)), complement(m, x)), ['Gelu']],
    ['by it of a negative root', [64], (m, x) => m.Mul(x, m.Mul(one(m, 0.5), m.Sub(one(m, 1), m.Erf(m.Mul(x, one(m, -Math.SQRT1_2)))))), ['Gelu']],
    ['not by the error function itself', [64], (m, x) => m.Mul(m.Mul(x, one(m, 0.5)), m.Sub(one(m, 1), m.Erf(m.Mul(x, one(m, Math.SQRT1_2))))), ['Mul', 'Mul', 'Erf', 'Sub', 'Mul']],
  ])
})

describe('fold-gathers', () => {
  const order = [2, 0, -2, 1, 4]
  const turned = (m: Make, x: Value, numbers = order): Value => m.Gather(x, m.ints(numbers), { axis: 1 })
  becomes(foldGathers, [
    ['channels that a convolution made', [1, 2, 4, 4], (m, x) => turned(m, m.Conv(x, weight(m, [5, 2, 3, 3], 1), weight(m, [5], 2))), ['Conv']],
    ['channels that a convolution takes', [1, 5, 4, 4], (m, x) => m.Conv(turned(m, x), weight(m, [2, 5, 3, 3], 1)), ['Conv']],
    ['not some of them', [1, 2, 4, 4], (m, x) => turned(m, m.Conv(x, weight(m, [5, 2, 3, 3], 1)), [0, 1, 2, 3]), ['Conv', 'Gather']],
    ['not one twice', [1, 5, 4, 4], (m, x) => m.Conv(turned(m, x, [0, 1, 2, 3, 3]), weight(m, [2, 5, 3, 3], 1)), ['Gather', 'Conv']],
    ['not in groups', [1, 4, 4, 4], (m, x) => m.Conv(turned(m, x, [3, 2, 1, 0]), weight(m, [2, 2, 3, 3], 1), { group: 2 }), ['Gather', 'Conv']],
  ])
})

describe('recognise-patches', () => {
  const focus = (m: Make, x: Value): Value => m.Concat(...[[0, 0], [1, 0], [0, 1], [1, 1]].map(p => m.Slice(x, m.ints(p), m.ints([99, 99]), m.ints([2, 3]), m.ints([2, 2]))), { axis: 1 })
  becomes(recognisePatches, [
    ['columns first before a convolution', [1, 2, 4, 6], (m, x) => m.Conv(focus(m, x), weight(m, [3, 8, 1, 1], 1)), ['SpaceToDepth', 'Gather', 'Conv']],
    ['not where the order stays to be seen', [1, 2, 4, 6], (m, x) => m.Conv(focus(m, x), weight(m, [8, 1, 1, 1], 1), { group: 8 }), ['Slice', 'Slice', 'Slice', 'Slice', 'Concat', 'Conv']],
  ])
})
