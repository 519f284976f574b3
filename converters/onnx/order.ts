import type { GraphProto, NodeProto } from '../../proto/onnx.gen.ts'

const free = new WeakMap<GraphProto, ReadonlySet<string>>()

/** Names that a node uses: its inputs, and what its subgraphs take from around them. */
export function usesOf(node: NodeProto): ReadonlySet<string> {
  const names = new Set(node.input)
  for (const a of node.attribute) for (const graph of a.g ? [a.g, ...a.graphs] : a.graphs) for (const name of freeNames(graph)) names.add(name)
  names.delete('')
  return names
}

/** Names that a graph uses and does not define. */
function freeNames(graph: GraphProto): ReadonlySet<string> {
  const known = free.get(graph)
  if (known) return known
  const names = new Set<string>()
  for (const node of graph.node) for (const name of usesOf(node)) names.add(name)
  for (const { name } of graph.output) names.add(name ?? '')
  for (const { name } of [...graph.input, ...graph.initializer]) names.delete(name ?? '')
  for (const { values } of graph.sparseInitializer) names.delete(values?.name ?? '')
  for (const node of graph.node) for (const name of node.output) names.delete(name)
  names.delete('')
  free.set(graph, names)
  return names
}

/**
 * Positions of the nodes in an order in which each value is made before it is used, as near as can be to the given one;
 * undefined when there is none. Names that no node of the list makes don't matter.
 */
export function orderOf(nodes: readonly NodeProto[]): readonly number[] | undefined {
  const maker = new Map<string, number>()
  nodes.forEach((node, i) => {
    for (const name of node.output) if (name !== '') maker.set(name, i)
  })
  const waits = nodes.map(() => 0)
  const followers: number[][] = nodes.map(() => [])
  let sorted = true
  nodes.forEach((node, i) => {
    for (const name of usesOf(node)) {
      const from = maker.get(name)
      if (from === undefined) continue
      if (from >= i) sorted = false
      waits[i]!++
      followers[from]!.push(i)
    }
  })
  if (sorted) return nodes.map((_, i) => i)
  const out: number[] = []
  const ready: number[] = []
  for (let i = nodes.length - 1; i >= 0; i--) if (waits[i] === 0) ready.push(i)
  while (ready.length > 0) {
    const i = ready.pop()!
    out.push(i)
    for (const f of followers[i]!.reverse()) if (--waits[f]! === 0) ready.push(f)
  }
  return out.length === nodes.length ? out : undefined
}

/** The names (or operators) of nodes that use each other in a circle, at most 8 of them; none when there is no circle. */
export function circleOf(nodes: readonly NodeProto[]): readonly string[] {
  const maker = new Map<string, NodeProto>()
  for (const node of nodes) for (const name of node.output) if (name !== '') maker.set(name, node)
  const makersOf = (node: NodeProto): NodeProto[] => [...usesOf(node)].flatMap(name => maker.get(name) ?? [])
  const seen = new Set<NodeProto>()
  for (const start of nodes) {
    const path: { readonly node: NodeProto; readonly rest: NodeProto[] }[] = []
    const open = new Set<NodeProto>()
    const enter = (node: NodeProto): void => {
      seen.add(node)
      open.add(node)
      path.push({ node, rest: makersOf(node) })
    }
    if (!seen.has(start)) enter(start)
    for (let last = path.at(-1); last; last = path.at(-1)) {
      const next = last.rest.pop()
      if (next === undefined) open.delete(path.pop()!.node)
      else if (open.has(next)) return path.slice(path.findIndex(p => p.node === next)).slice(0, 8).map(({ node }) => node.name || (node.opType ?? ''))
      else if (!seen.has(next)) enter(next)
    }
  }
  return []
}
