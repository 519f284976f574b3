import { expect, test } from 'vitest'
import '../../converters/tflite/index.ts'
import { run } from '../../src/app/run.ts'
import { graphAttribute } from '../../src/ir/attribute.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, inlineTensor, numbersOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'

const vector = tensorType('float32', [3])
const flag = tensorType('bool', [])

/** p * k + q - 1, with another such branch on (that, p) in between when `depth` is 2. */
function branch(model: Model, k: number, depth: number): Graph {
  const graph = new Graph(model.names, 'branch')
  const [p, q, c] = [graph.addInput(graph.value('p', vector)), graph.addInput(graph.value('q', vector)), graph.addInput(graph.value('c', flag))]
  const b = new Builder(graph)
  let out = b.op('Add', [b.op('Mul', [p, b.floats([k, k, k])]), q])
  if (depth > 1) [out] = b.ops('tflite::IF', [c, out, p, c], 1, { then_subgraph: graphAttribute(branch(model, k + 10, 1)), else_subgraph: graphAttribute(branch(model, k + 20, 1)) }) as [typeof out]
  graph.addOutput(b.op('Sub', [out, b.floats([1, 1, 1])]))
  return graph
}

test.each([
  [1, 1, 'fast'], [1, 0, 'fast'], [2, 1, 'fast'], [2, 0, 'fast'],
  [1, 1, 'exact'], [1, 0, 'exact'], [2, 1, 'exact'], [2, 0, 'exact'],
] as const)('branches that are given their inputs, %i deep, condition %i, %s: as the formula says', async (depth, taken, precision) => {
  const model = new Model()
  const { graph } = model
  const [c, x, y] = [graph.addInput(graph.value('c', flag)), graph.addInput(graph.value('x', vector)), graph.addInput(graph.value('y', vector))]
  const b = new Builder(graph)
  const [z] = b.ops('tflite::IF', [c, x, y, c], 1, { then_subgraph: graphAttribute(branch(model, 2, depth)), else_subgraph: graphAttribute(branch(model, 3, depth)) })
  graph.addOutput(b.op('Neg', [z]))
  const [xs, ys] = [[1, 2, 3], [10, 20, 30]]
  const feeds = new Map([['c', inlineTensor('bool', [], Uint8Array.of(taken))], ['x', float32Tensor(xs)], ['y', float32Tensor(ys)]])
  const [result] = [...(await run(model, { feeds, precision })).values()] as [Tensor]
  const k = taken ? 2 : 3
  const expected = xs.map((v, i) => {
    const once = v * k + ys[i]!
    return -(depth === 1 ? once - 1 : once * (taken ? k + 10 : k + 20) + v - 1 - 1)
  })
  expect([...numbersOf('float32', await result.load())]).toEqual(expected)
})
