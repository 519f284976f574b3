import { describe, expect, it } from 'vitest'
import { floatsOf } from '../../tests/conformance/compare.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes, float } from '../ir/attribute.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, inlineTensor, int64Tensor, viewOf } from '../ir/tensor.ts'
import { evaluateNode } from './evaluate.ts'
import { bfloat16ToNumber, numberToBfloat16 } from '../ir/minifloat.ts'

function nodeOf(op: string, inputs: readonly (Tensor | undefined)[], init: Readonly<Record<string, AttributeInit>>, outputs = 1): Node {
  const graph = new Graph(new Names())
  const domain = /^Ada|^Mom/.test(op) ? 'ai.onnx.preview.training' : ''
  const node = new Node({ op, domain, inputs: inputs.map(t => t && graph.addInput(graph.value('x', { kind: 'tensor', dtype: t.dtype, shape: t.shape }))), attributes: attributes(init) })
  graph.insert(node)
  for (let i = 0; i < outputs; i++) node.setOutput(i, graph.value('y'))
  return node
}
const run = (op: string, inputs: readonly Tensor[], init: Readonly<Record<string, AttributeInit>> = {}, outputs = 1): Tensor[] => evaluateNode(nodeOf(op, inputs, init, outputs), inputs) as Tensor[]

const bfloat16 = (values: readonly number[]): Tensor => inlineTensor('bfloat16', [values.length], bytesOf(Uint16Array.from(values, numberToBfloat16)))
const doubles = (values: readonly number[]): Tensor => inlineTensor('float64', [values.length], bytesOf(Float64Array.from(values)))

describe('Softmax of bfloat16', () => {
  const held = (x: number): number => bfloat16ToNumber(numberToBfloat16(x))
  it('rounds each step of its function body, and a short row after each addition', () => {
    const x = [0.3, -1.2, 0.7, 0.1, -0.4, 0.9].map(held)
    const powers = x.map(v => held(Math.exp(held(v - held(0.9)))))
    const total = powers.reduce((a, b) => held(a + b))
    expect(floatsOf(run('Softmax', [bfloat16(x)])[0]!)).toEqual(powers.map(p => held(p / total)))
  })
  it('loses nothing of a long row', () => {
    expect(new Set(floatsOf(run('Softmax', [bfloat16(Array.from({ length: 1000 }, () => 2))])[0]!))).toEqual(new Set([held(1 / 1000)]))
  })
})

it('means of integers are exact beyond their range', () => {
  const big = 2n ** 62n
  const mean = (values: readonly bigint[]): bigint => viewOf('int64', run('ReduceMean', [int64Tensor(values)])[0]!.peek()!)[0] as bigint
  expect(mean([big, big + 2n, big + 4n])).toBe(big + 2n)
  expect(mean([-big, -big - 1n, -big - 1n])).toBe(-big)
  expect([mean([1n, 0n]), mean([-1n, 0n]), mean([3n, -6n])]).toEqual([0n, 0n, -1n])
})

// the formulas of ONNX's operator texts, in doubles
describe('optimizers of float64, before and after the first update', () => {
  const [x, g, v, h] = [0.5, -0.25, 0.125, 2] as const
  const start = (t: number): Tensor[] => [inlineTensor('float64', [], bytesOf(Float64Array.of(0.1))), int64Tensor([t], [])]
  const numbers = (made: readonly Tensor[]): number[] => made.flatMap(floatsOf)
  it.each([0, 3])('Adagrad, %i', t => {
    const regular = 0.01 * x + g
    const sum = h + regular ** 2
    const expected = [x - (0.1 / (1 + t * 0.5) * regular) / (Math.sqrt(sum) + 0.001), sum]
    numbers(run('Adagrad', [...start(t), ...[x, g, h].map(n => doubles([n]))], { decay_factor: float(0.5), epsilon: float(0.001), norm_coefficient: float(0.01) }, 2)).forEach((n, i) => expect(n).toBeCloseTo(expected[i]!, 9))
  })
  it.each([0, 3])('Adam, %i', t => {
    const [alpha, beta] = [0.75, 0.5]
    const mean = alpha * v + (1 - alpha) * g
    const square = beta * h + (1 - beta) * g ** 2
    const rate = t > 0 ? (0.1 * Math.sqrt(1 - beta ** t)) / (1 - alpha ** t) : 0.1
    const expected = [(1 - 0.25) * (x - rate * (mean / (Math.sqrt(square) + 0.5))), mean, square]
    numbers(run('Adam', [...start(t), ...[x, g, v, h].map(n => doubles([n]))], { alpha: float(alpha), beta: float(beta), epsilon: float(0.5), norm_coefficient_post: float(0.25) }, 3)).forEach((n, i) => expect(n).toBeCloseTo(expected[i]!, 9))
  })
  it.each([['standard', 0], ['standard', 2], ['nesterov', 0], ['nesterov', 2]] as const)('Momentum (%s), %i', (mode, t) => {
    const regular = 0.5 * x + g
    const next = 0.25 * v + (t > 0 ? 0.75 : 1) * regular
    const expected = [x - 0.1 * (mode === 'nesterov' ? regular + 0.25 * next : next), next]
    const made = run('Momentum', [...start(t), ...[x, g, v].map(n => doubles([n]))], { alpha: float(0.25), beta: float(0.75), norm_coefficient: float(0.5), mode }, 2)
    numbers(made).forEach((n, i) => expect(n).toBeCloseTo(expected[i]!, 9))
  })
})
