import { expect, it } from 'vitest'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes } from '../ir/attribute.ts'
import { Graph, Node } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import { float32Tensor, int64Tensor, peekNumbers } from '../ir/tensor.ts'
import type { Tensor } from '../ir/tensor.ts'
import { evaluateNode } from './evaluate.ts'

function align(roi: readonly number[], init: Readonly<Record<string, AttributeInit>>): number[] {
  const graph = new Graph(new Names())
  const inputs = [float32Tensor(Array.from({ length: 16 }, (_, i) => i), [1, 1, 4, 4]), float32Tensor(roi, [1, 4]), int64Tensor([0])]
  const node = new Node({ op: 'RoiAlign', inputs: inputs.map(() => graph.addInput(graph.value('x'))), attributes: attributes(init) })
  graph.insert(node)
  node.setOutput(0, graph.value('y'))
  return peekNumbers(evaluateNode(node, inputs)[0] as Tensor)!
}

// of an image that is linear, the mean over a bin is the value at its centre, however many samples there are
it.each([1, 2, 7, 64])('%i samples along each axis', samples => {
  expect(align([0.5, 0.5, 3.5, 3.5], { output_height: 1, output_width: 3, sampling_ratio: samples }).map(v => Number(v.toFixed(4)))).toEqual([6.5, 7.5, 8.5])
})

it('refuses more samples than can be taken', () => {
  for (const samples of [10_000, 2 ** 31 - 1]) expect(() => align([0, 0, 4, 4], { sampling_ratio: samples })).toThrow(expect.objectContaining({ code: 'ops.compute.invalid' }))
  expect(() => align([0, 0, 1e30, 1e30], {})).toThrow(expect.objectContaining({ code: 'ops.compute.invalid' }))
})

it('ends where the bound allows', () => {
  expect(align([0.5, 0.5, 3.5, 3.5], { sampling_ratio: 1000 })[0]).toBeCloseTo(7.5, 3)
})
