import { describe, expect, test } from 'vitest'
import { Graph, Model, Node } from '../ir/model.ts'
import type { Value } from '../ir/model.ts'
import { attributes, float, graphAttribute } from '../ir/attribute.ts'
import { cloneGraph } from '../ir/clone.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { allOperators, operatorOf, registerOperators } from './registry.ts'
import { downgradeGraph, pinnedOpsets, sinceVersion, upgradeGraph, versionsOf } from './versions.ts'

function graphOf(op: string, init: Readonly<Record<string, AttributeInit>>, inputs = 1): { model: Model; graph: Graph; node: Node } {
  const model = new Model('m')
  const { graph } = model
  const values: Value[] = Array.from({ length: inputs }, (_, i) => graph.addInput(graph.value(`x${i}`, tensorType('float32', [2, 3, 4]))))
  const node = graph.insert(new Node({ op, inputs: values, attributes: attributes(init) }))
  node.setOutput(0, graph.value('y'))
  graph.addOutput(node.outputs[0]!)
  return { model, graph, node }
}
const at = (version: number): Map<string, number> => new Map([['', version]])
const ops = (graph: Graph): string[] => [...graph.nodes()].map(n => n.op)

describe('the table', () => {
  // expected values: the "Versions" of onnx/docs/Changelog.md
  test('knows when operators changed', () => {
    expect(pinnedOpsets['']).toBe(28)
    expect(versionsOf('Clip', '')).toEqual([1, 6, 11, 12, 13])
    expect(sinceVersion('Clip', '', 17)).toBe(13)
    expect(sinceVersion('LayerNormalization', '', 16)).toBeUndefined()
    expect(versionsOf('Gelu', 'com.microsoft')).toEqual([1])
    expect(versionsOf('Gelu', 'elsewhere')).toEqual([])
    expect(versionsOf('constructor', '')).toEqual([])
  })
})

describe('upgrading', () => {
  test('attributes that became inputs', () => {
    const { model, graph, node } = graphOf('Squeeze', { axes: [0] })
    node.inputs[0]!.type = tensorType('float32', [1, 3])
    upgradeGraph(graph, at(9))
    expect(node.attributes).toEqual({})
    expect(peekNumbers(node.inputs[1]!.constant)).toEqual([0])
    expect(node.outputs[0]!.type).toEqual(tensorType('float32', [3]))
    verify(model)
  })
  test('operators that got another name go on from there', () => {
    const { graph, node } = graphOf('Upsample', { mode: 'nearest', scales: { type: 'floats', value: [1, 1, 2] } })
    upgradeGraph(graph, at(7))
    expect(node.op).toBe('Resize')
    expect(peekNumbers(node.inputs[2]!.constant)).toEqual([1, 1, 2])
    expect(ops(graph)).toEqual(['Resize'])
  })
  test('what is new enough stays', () => {
    const { graph, node } = graphOf('Clip', {})
    const before = node.attributes
    upgradeGraph(graph, at(13))
    expect(node.attributes).toBe(before)
  })
  test('nodes in graphs inside, and not calls of functions', () => {
    const { model, graph, node } = graphOf('If', {})
    const body = new Graph(model.names, 'b')
    const inner = body.insert(new Node({ op: 'Squeeze', inputs: [graph.inputs[0]], attributes: attributes({ axes: [1] }) }))
    const other = body.insert(new Node({ op: 'Squeeze', name: 'call', inputs: [graph.inputs[0]], attributes: attributes({ axes: [1] }) }))
    inner.setOutput(0, body.value('s'))
    other.setOutput(0, body.value('t'))
    body.addOutput(inner.outputs[0]!)
    node.setAttribute('then_branch', { type: 'graph', value: body })
    upgradeGraph(graph, at(11), n => n.name === 'call')
    expect([inner.inputs.length, other.inputs.length]).toEqual([2, 1])
  })
  test('a node without a newer form is kept and marked', () => {
    registerOperators([{ name: 'Det', infer: () => {}, upgrade: { 22: step => (step.setAttribute('x', float(1)), step.refuse('of its age')) } }])
    const { graph, node } = graphOf('Det', {})
    const refused: string[] = []
    upgradeGraph(graph, at(11), undefined, error => refused.push(error.code))
    expect(refused).toEqual(['ops.version.unsayable'])
    expect([node.extra['opset'], node.attributes, operatorOf(node)]).toEqual([11, {}, undefined])
    downgradeGraph(graph, at(21))
    expect(() => downgradeGraph(graph, at(22))).toThrow('version 11')
  })
})

describe('downgrading', () => {
  test('back to where it came from', () => {
    const { model, graph, node } = graphOf('Squeeze', { axes: [0] })
    upgradeGraph(graph, at(9))
    downgradeGraph(graph, at(9))
    expect(node.attributes['axes']).toEqual({ type: 'ints', value: [0] })
    expect(node.inputs).toHaveLength(1)
    verify(model)
  })
  test('operators that are too new are said in older ones', () => {
    const { model, graph } = graphOf('HardSwish', {})
    downgradeGraph(graph, at(13))
    expect(ops(graph)).toEqual(['HardSigmoid', 'Mul'])
    for (const n of graph.nodes()) expect(sinceVersion(n.op, '', 13), n.op).toBeDefined()
    expect(graph.outputs[0]!.name).toBe('y')
    verify(model)
  })
  test('those without a step through their meaning', () => {
    const { model, graph } = graphOf('Gelu', {})
    downgradeGraph(graph, at(13))
    expect(ops(graph)).not.toContain('Gelu')
    for (const n of graph.nodes()) expect(sinceVersion(n.op, '', 13), n.op).toBeDefined()
    verify(model)
  })
  test('so are the nodes of graphs that a decomposition makes', () => {
    registerOperators([{
      name: 'SwiGLU',
      infer: () => {},
      decompose(b, n) {
        const body = new Graph(b.graph.names, 'b')
        const inner = b.inside(body)
        body.addOutput(inner.op('Unsqueeze', [n.inputs[0], inner.ints([0])]))
        return [b.op('If', [b.scalar(1, 'bool')], { then_branch: graphAttribute(body), else_branch: graphAttribute(cloneGraph(body, new Graph(b.graph.names, 'c'))) })]
      },
    }])
    const { graph } = graphOf('SwiGLU', {})
    downgradeGraph(graph, at(11))
    expect(ops(graph)).toEqual(['If'])
    for (const inner of graph.first!.subgraphs()) expect(inner.first!.attributes['axes']).toEqual({ type: 'ints', value: [0] })
  })
  test('every node that can not be said is named', () => {
    const { graph } = graphOf('Clip', {})
    for (const name of ['a', 'b']) {
      const node = graph.insert(new Node({ op: 'Squeeze', name, inputs: [graph.inputs[0], graph.addInput(graph.value(`axes ${name}`))] }))
      node.setOutput(0, graph.value(name))
    }
    expect(() => downgradeGraph(graph, at(11))).toThrow(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'ops.version.unsayable' }), expect.anything()] }))
  })
})

test('steps are at versions that the operator has', () => {
  const wrong: string[] = []
  for (const [name, { domain = '', name: op, upgrade = {}, downgrade = {} }] of allOperators()) {
    if (pinnedOpsets[domain] === undefined) continue
    for (const v of [...Object.keys(upgrade), ...Object.keys(downgrade)]) if (!versionsOf(op, domain).includes(Number(v))) wrong.push(`${name} ${v}`)
  }
  expect(wrong).toEqual([])
})
