import { describe, expect, it } from 'vitest'
import { floatsOf } from '../../tests/conformance/compare.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes, float } from '../ir/attribute.ts'
import type { DType } from '../ir/dtype.ts'
import { kindOf } from '../ir/dtype.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { float32Tensor, peekNumbers, stringTensor } from '../ir/tensor.ts'
import { evaluateNode } from './evaluate.ts'
import { numberOfDType } from './kit/datatype.ts'
import { scalarTensor } from './scalar.ts'

function run(op: string, inputs: readonly Tensor[], init: Readonly<Record<string, AttributeInit>>): Tensor {
  const graph = new Graph(new Names())
  const node = new Node({ op, inputs: inputs.map(() => graph.addInput(graph.value('x'))), attributes: attributes(init) })
  graph.insert(node)
  node.setOutput(0, graph.value('y'))
  return evaluateNode(node, inputs)[0] as Tensor
}

const numbers = (t: Tensor): number[] => (kindOf(t.dtype) === 'float' ? floatsOf(t) : peekNumbers(t)!)
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length
const variance = (x: readonly number[]): number => mean(x.map(v => (v - mean(x)) ** 2))

/** The Kolmogorov-Smirnov statistic, times the root of the count. */
function distance(x: readonly number[], cumulative: (v: number) => number): number {
  const sorted = [...x].sort((a, b) => a - b)
  return Math.sqrt(x.length) * Math.max(...sorted.map((v, i) => Math.max(Math.abs((i + 1) / x.length - cumulative(v)), Math.abs(cumulative(v) - i / x.length))))
}
/** One in a thousand fair samples is further off: the Kolmogorov distribution at 1.95. */
const farthest = 1.95

/** The standard normal distribution function, by Simpson's rule. */
function normalCumulative(x: number): number {
  const [n, low] = [200, -8]
  const h = (x - low) / n
  let sum = 0
  for (let i = 0; i <= n; i++) sum += Math.exp(-((low + i * h) ** 2) / 2) * (i === 0 || i === n ? 1 : i % 2 ? 4 : 2)
  return (sum * h) / 3 / Math.sqrt(2 * Math.PI)
}

const floats: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16']
const count = 4000

describe.each(floats)('%s', dtype => {
  const to = { dtype: numberOfDType(dtype), shape: [2, count / 2] }
  // how much the steps of the type themselves may add to the distance
  const grain = Math.sqrt(count) * (dtype === 'bfloat16' ? 2 ** -7 : dtype === 'float16' ? 2 ** -10 : 0)

  it('RandomUniform', () => {
    const y = run('RandomUniform', [], { ...to, low: float(2), high: float(6), seed: float(3) })
    expect([y.dtype, y.shape]).toEqual([dtype, [2, count / 2]])
    const x = numbers(y)
    expect(Math.min(...x)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...x)).toBeLessThanOrEqual(6)
    expect(Math.abs(mean(x) - 4)).toBeLessThan(0.08)
    expect(Math.abs(variance(x) - 16 / 12)).toBeLessThan(0.1)
    expect(distance(x, v => (v - 2) / 4)).toBeLessThan(farthest + grain)
  })
  it('RandomUniform stays below 1', () => {
    expect(Math.max(...numbers(run('RandomUniform', [], { ...to, seed: float(5) })))).toBeLessThan(1)
  })
  it('RandomNormal', () => {
    const y = run('RandomNormal', [], { ...to, mean: float(-1), scale: float(3), seed: float(4) })
    expect([y.dtype, y.shape]).toEqual([dtype, [2, count / 2]])
    const x = numbers(y)
    expect(Math.abs(mean(x) + 1)).toBeLessThan(0.2)
    expect(Math.abs(variance(x) / 9 - 1)).toBeLessThan(0.1)
    expect(distance(x, v => normalCumulative((v + 1) / 3))).toBeLessThan(farthest + grain)
  })
  it.each(['RandomUniformLike', 'RandomNormalLike'])('%s takes shape from any input, dtype from a float one', op => {
    const like = run(op, [scalarTensor(dtype, 1)], {})
    expect([like.dtype, like.shape]).toEqual([dtype, []])
    const other = run(op, [stringTensor([3], ['a', 'b', 'c'])], { dtype: numberOfDType(dtype) })
    expect([other.dtype, other.shape]).toEqual([dtype, [3]])
  })
})

it.each(['RandomUniform', 'RandomNormal'])('%s: a seed gives the same numbers, none new ones', op => {
  const draw = (init: Readonly<Record<string, AttributeInit>>): string => numbers(run(op, [], { shape: [50], ...init })).join()
  expect(draw({ seed: float(7) })).toBe(draw({ seed: float(7) }))
  expect(draw({ seed: float(7) })).not.toBe(draw({ seed: float(8) }))
  expect(draw({})).not.toBe(draw({}))
})

it.each(['float32', 'float64', 'float16', 'bfloat16', 'bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const)('Bernoulli as %s', dtype => {
  const y = run('Bernoulli', [float32Tensor(Array.from({ length: count }, () => 0.3))], { dtype: numberOfDType(dtype), seed: float(1) })
  expect([y.dtype, y.shape]).toEqual([dtype, [count]])
  const x = numbers(y)
  expect(new Set(x)).toEqual(new Set([0, 1]))
  expect(Math.abs(mean(x) - 0.3)).toBeLessThan(0.03)
})

it('Bernoulli is certain of 0 and of 1', () => {
  const p = Array.from({ length: 1000 }, (_, i) => i % 2)
  expect(numbers(run('Bernoulli', [float32Tensor(p)], {}))).toEqual(p)
})

it.each(['int32', 'int64'] as const)('Multinomial as %s', dtype => {
  const shares = [0.5, 0.2, 0, 0.3]
  const logits = float32Tensor([...shares, 0.1, 0.1, 0.7, 0.1].map(p => Math.log(p) + 3), [2, 4])
  const y = run('Multinomial', [logits], { sample_size: count, dtype: numberOfDType(dtype), seed: float(2) })
  expect([y.dtype, y.shape]).toEqual([dtype, [2, count]])
  const first = numbers(y).slice(0, count)
  const seen = shares.map((_, c) => first.filter(x => x === c).length)
  expect(seen[2]).toBe(0)
  // Pearson's chi-square of two degrees of freedom: beyond 13.8 is one fair sample in a thousand
  expect(shares.reduce((sum, p, c) => sum + (p === 0 ? 0 : (seen[c]! - p * count) ** 2 / (p * count)), 0)).toBeLessThan(13.8)
  expect(numbers(y).slice(count).filter(x => x === 2).length / count).toBeCloseTo(0.7, 1)
})

it('refuses what can not be drawn', () => {
  expect(() => run('Multinomial', [float32Tensor([1, 1], [1, 2])], { sample_size: 2 ** 30 })).toThrow(/samples/)
  expect(() => run('RandomUniform', [], { shape: [2], dtype: numberOfDType('int32') })).toThrow(/int32/)
  expect(() => run('RandomUniform', [], { shape: [2 ** 40, 2 ** 10] })).toThrow(expect.objectContaining({ code: expect.stringContaining('.') }))
})
