import { describe, expect, test } from 'vitest'
import { LapidaryError } from '../diag/diagnostic.ts'
import { Graph, Model, Node } from './model.ts'
import { float32Tensor, inlineTensor } from './tensor.ts'
import { tensorType } from './types.ts'
import { verify } from './verify.ts'

function sound() {
  const model = new Model('m')
  const { graph } = model
  const x = graph.addInput(graph.value('x', tensorType('float32', [2])))
  const w = graph.constant(float32Tensor([1, 2]), 'w')
  const add = graph.insert(new Node({ op: 'Add', inputs: [x, w] }))
  add.setOutput(0, graph.value('sum'))
  const body = new Graph(graph.names, 'body')
  const inner = body.insert(new Node({ op: 'Neg', inputs: [add.outputs[0]] }))
  inner.setOutput(0, body.value('neg'))
  body.addOutput(inner.outputs[0]!)
  const cond = graph.addInput(graph.value('c', tensorType('bool', [])))
  const branch = graph.insert(new Node({ op: 'If', inputs: [cond], attributes: { then_branch: { type: 'graph', value: body } } }))
  branch.setOutput(0, graph.value('y'))
  graph.addOutput(branch.outputs[0]!)
  return { model, graph, x, w, add, body, inner, branch }
}

const codes = (model: Model): string[] => {
  try {
    verify(model)
    return []
  } catch (error) {
    if (!(error instanceof LapidaryError)) throw error
    return [...new Set(error.diagnostics.map(d => d.code))]
  }
}

describe('verify', () => {
  test('a sound model', () => {
    expect(codes(sound().model)).toEqual([])
  })
  test.each<[string, string, (m: ReturnType<typeof sound>) => void]>([
    ['a value used before it is made', 'ir.verify.order', ({ graph, add, branch }) => {
      graph.detach(add)
      graph.insert(add, undefined)
      expect(graph.last).toBe(add)
      void branch
    }],
    ['a value of an inner graph used outside', 'ir.verify.order', ({ branch, inner }) => branch.setInput(0, inner.outputs[0])],
    ['an output that nothing makes', 'ir.verify.output', ({ graph }) => graph.addOutput(graph.value('lost'))],
    ['a use that is not known', 'ir.verify.use', ({ x }) => x.uses.clear()],
    ['a use too many', 'ir.verify.use', ({ x, graph }) => x.uses.add({ graph, index: 7 })],
    ['a producer that is another', 'ir.verify.producer', ({ add, branch }) => {
      add.outputs[0]!.producer = { node: branch, index: 0 }
    }],
    ['a node whose place in the list is wrong', 'ir.verify.link', ({ branch }) => {
      branch.previous = undefined
    }],
    ['a node that does not know its graph', 'ir.verify.link', ({ add }) => {
      add.graph = undefined
    }],
    ['a graph that belongs to another node', 'ir.verify.owner', ({ add, body }) => {
      body.owner = add
    }],
    ['an input that is not of the graph', 'ir.verify.link', ({ x }) => {
      x.inputOf = undefined
    }],
    ['a name that is given away', 'ir.verify.name', ({ graph, x }) => graph.names.free(x.name)],
    ['a value of another model', 'ir.verify.name', ({ add }) => add.setInput(1, new Model().graph.constant(float32Tensor([1]), 'other'))],
    ['a constant of another shape', 'ir.verify.constant', ({ w }) => {
      w.type = tensorType('float32', [3])
    }],
    ['a constant of another element type', 'ir.verify.constant', ({ w }) => {
      w.constant = inlineTensor('int32', [2], new Uint8Array(8))
    }],
    ['a constant that a node makes', 'ir.verify.producer', ({ add }) => {
      add.outputs[0]!.constant = float32Tensor([1])
    }],
  ])('%s', (_, code, harm) => {
    const parts = sound()
    harm(parts)
    expect(codes(parts.model)).toContain(code)
  })
})
