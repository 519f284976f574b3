import { graphAttribute } from '../../../src/ir/attribute.ts'
import type { Graph, Value } from '../../../src/ir/model.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { onNode } from './kit.ts'

/** Values from outside that a graph or one inside it uses; constants stay where they are. */
function captures(graph: Graph): Value[] {
  const inside = new Set<Graph>([graph])
  for (const node of graph.allNodes()) node.subgraphs().forEach(g => inside.add(g))
  const found = new Set<Value>()
  const see = (v: Value | undefined): void => {
    if (!v || v.isConstant) return
    const home = v.producer?.node.graph ?? v.inputOf
    if (home && !inside.has(home)) found.add(v)
  }
  for (const node of graph.allNodes()) node.inputs.forEach(see)
  for (const g of inside) g.outputs.forEach(see)
  return [...found]
}

/** Lets a graph take outer values as inputs, in order; also within the graphs inside it. */
function giveInputs(graph: Graph, values: readonly Value[]): void {
  const inside = new Set<Graph>([graph])
  for (const node of graph.allNodes()) node.subgraphs().forEach(g => inside.add(g))
  for (const value of values) {
    const input = graph.value(value.name, value.type)
    input.elements = value.elements
    graph.addInput(input)
    for (const use of [...value.uses]) {
      if ('node' in use) {
        if (use.node.graph && inside.has(use.node.graph)) use.node.setInput(use.index, input)
      } else if (inside.has(use.graph)) use.graph.setOutput(use.index, input)
    }
  }
}

/** Both branches take what either uses from outside: the runtime's branches have the same inputs. */
const branch = onNode('if', 'If', (node, b) => {
  const a = attributesOf(node)
  const [then, otherwise] = [a.graph('then_branch'), a.graph('else_branch')]
  const outer = [...new Set([...captures(then), ...captures(otherwise)])]
  giveInputs(then, outer)
  giveInputs(otherwise, outer)
  node.attributes = {}
  return b.ops('tflite::IF', [node.inputs[0], ...outer], node.outputs.length, { then_subgraph: graphAttribute(then), else_subgraph: graphAttribute(otherwise) })
})

export const controlRules = [branch]
