import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes } from '../ir/attribute.ts'
import type { Graph } from '../ir/model.ts'
import { Model, Node } from '../ir/model.ts'
import type { Shape } from '../ir/types.ts'
import { tensorType } from '../ir/types.ts'
import { countAxesFromFront } from './front-axes.ts'

function add(graph: Graph, op: string, from: Shape, to: Shape, init: Readonly<Record<string, AttributeInit>>): Node {
  const input = graph.addInput(graph.value('x', tensorType('float32', from)))
  const node = graph.insert(new Node({ op, inputs: [input], attributes: attributes(init) }))
  node.setOutput(0, graph.value('y', tensorType('float32', to)))
  return node
}

describe('axes counted from the front', () => {
  it.each<[string, string, Shape, Shape, Readonly<Record<string, AttributeInit>>, Readonly<Record<string, unknown>>]>([
    ['the last', 'Concat', [2, 3], [2, 3], { axis: -1 }, { axis: 1 }],
    ['several', 'ReduceSum', [2, 3, 4], [2, 1, 1], { axes: [-1, 1] }, { axes: [2, 1] }],
    ['those that are so already', 'Softmax', [2, 3], [2, 3], { axis: 1 }, { axis: 1 }],
    ['those of the output', 'Unsqueeze', [2, 3], [1, 2, 3, 1], { axes: [-1, 0] }, { axes: [3, 0] }],
    ['not without a rank', 'Softmax', undefined, undefined, { axis: -1 }, { axis: -1 }],
    ['of what is scanned', 'Scan', [2, 3], [3, 2], { num_scan_inputs: 1, scan_input_axes: [-1], scan_output_axes: [-2] }, { scan_input_axes: [1], scan_output_axes: [0] }],
  ])('%s', (_, op, from, to, init, expected) => {
    const { graph } = new Model('m')
    const node = add(graph, op, from, to, init)
    countAxesFromFront(graph, () => false)
    for (const [name, value] of Object.entries(expected)) expect(node.attributes[name]).toMatchObject({ value })
  })
  it('leaves what is to be left', () => {
    const { graph } = new Model('m')
    const node = add(graph, 'Concat', [2], [2], { axis: -1 })
    countAxesFromFront(graph, () => true)
    expect(node.attributes['axis']).toMatchObject({ value: -1 })
  })
})
