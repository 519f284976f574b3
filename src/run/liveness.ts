import type { Graph, Node, Value } from '../ir/model.ts'

/** Values that a node reads, and that graphs inside it read from around them. */
export function reads(node: Node): Set<Value> {
  const out = new Set<Value>()
  for (const v of node.inputs) if (v) out.add(v)
  for (const graph of node.subgraphs()) for (const v of captured(graph)) out.add(v)
  return out
}

const known = new WeakMap<Graph, readonly Value[]>()

/** The values a graph reads from the graphs around it, constants apart. The graph must not change afterwards. */
export function captured(graph: Graph): readonly Value[] {
  const found = known.get(graph)
  if (found) return found
  const inside = new Set<Value>(graph.inputs)
  const out = new Set<Value>()
  const see = (v: Value): void => {
    if (!inside.has(v) && !v.isConstant) out.add(v)
  }
  for (const node of graph.nodes()) {
    for (const v of reads(node)) see(v)
    for (const v of node.outputs) if (v) inside.add(v)
  }
  graph.outputs.forEach(see)
  const list = [...out]
  known.set(graph, list)
  return list
}

/** For each node the values of this graph that nothing needs after it; `kept` values stay. */
export function lastUses(graph: Graph, kept: ReadonlySet<Value>): Map<Node, Value[]> {
  const last = new Map<Value, Node>()
  for (const input of graph.inputs) if (graph.first) last.set(input, graph.first)
  for (const node of graph.nodes()) {
    for (const v of node.outputs) if (v) last.set(v, node)
    for (const v of reads(node)) if (last.has(v)) last.set(v, node)
  }
  const out = new Map<Node, Value[]>()
  for (const [value, node] of last) {
    if (kept.has(value)) continue
    const list = out.get(node)
    if (list) list.push(value)
    else out.set(node, [value])
  }
  return out
}
