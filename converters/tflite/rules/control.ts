import { graphAttribute } from '../../../src/ir/attribute.ts'
import { Graph } from '../../../src/ir/model.ts'
import type { Value } from '../../../src/ir/model.ts'
import { Builder } from '../../../src/ops/builder.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { dtypeOf } from '../../../src/passes/kit/values.ts'
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

/** WHILE: the count of rounds, the flag, what is carried, and what the body uses from outside, all passed from round to round. */
const loop = onNode('while', 'Loop', (node, b, refuse) => {
  const [most, start, ...carried] = node.inputs
  const body = attributesOf(node).graph('body')
  if (body.outputs.length !== carried.length + 1) return refuse('values that are gathered from every round')
  if (carried.some(v => v === undefined)) return refuse('a carried value that is left out')
  const outer = captures(body)
  const limit = most && !most.isConstant ? [most] : []
  giveInputs(body, outer)
  for (const v of limit) body.addInput(body.value(v.name, v.type))
  const types = body.inputs.map((v, i) => (i < 2 ? v.type : i < 2 + carried.length ? node.outputs[i - 2]?.type ?? v.type : v.type))
  const condition = new Graph(body.names, `${body.name}_condition`)
  const seen = body.inputs.map((v, i) => condition.value(v.name, types[i]))
  seen.forEach(v => condition.addInput(v))
  const ask = new Builder(condition, undefined, node.origin, node.name)
  const bound = most?.isConstant ? most : most && seen.at(-1)!
  condition.addOutput(bound ? ask.op('And', [seen[1], ask.op('Less', [seen[0], bound])]) : ask.op('Identity', [seen[1]]))
  const work = new Builder(body, undefined, node.origin, node.name)
  const next = work.op('Add', [body.inputs[0], work.scalar(1, dtypeOf(body.inputs[0]) ?? 'int64')])
  const results = [next, ...body.outputs, ...body.inputs.slice(2 + carried.length)]
  results.map(v => (v.inputOf === body || v.isConstant ? work.op('Identity', [v]) : v)).forEach((v, i) => body.setOutput(i, v))
  node.attributes = {}
  const first = [b.scalar(0, dtypeOf(body.inputs[0]) ?? 'int64'), start ?? b.scalar(1, 'bool'), ...carried, ...outer, ...limit]
  const outputs = b.ops('tflite::WHILE', first, first.length, { cond_subgraph: graphAttribute(condition), body_subgraph: graphAttribute(body) })
  return outputs.slice(2, 2 + node.outputs.length)
})

export const controlRules = [branch, loop]
