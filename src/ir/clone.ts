import type { Attribute, Attributes } from './attribute.ts'
import { Graph, Node } from './model.ts'
import type { Value } from './model.ts'

/** Gives a copy what people and formats say of the original. */
function describeAs<T extends Value | Node | Graph>(copy: T, original: T): T {
  copy.doc = original.doc
  copy.metadata = original.metadata
  copy.extra = original.extra
  return copy
}

/** What an attribute becomes in a copy; undefined leaves it out. */
export type AttributeChange = (attribute: Attribute) => Attribute | undefined

/**
 * The value that stands for `value` in a copy: as `values` says; a constant gets a copy of its own in `into`'s model; any
 * other is left as it is, seen from around the copy.
 */
export function cloneValue(value: Value, into: Graph, values: Map<Value, Value>): Value {
  const known = values.get(value)
  if (known) return known
  if (!value.isConstant) return value
  const copy = describeAs(into.constant(value.constant!, value.name), value)
  values.set(value, copy)
  return copy
}

/** Attributes for a copy of a node: graphs in them are copied. */
export function cloneAttributes(attributes: Attributes, into: Graph, values: Map<Value, Value>, change: AttributeChange = a => a): Attributes {
  const out: Record<string, Attribute> = {}
  for (const [name, attribute] of Object.entries(attributes)) {
    const changed = change(attribute)
    if (changed === undefined) continue
    out[name] =
      changed.type === 'graph'
        ? { type: 'graph', value: cloneGraph(changed.value, new Graph(into.names, changed.value.name), values, change) }
        : changed.type === 'graphs'
          ? { type: 'graphs', value: changed.value.map(g => cloneGraph(g, new Graph(into.names, g.name), values, change)) }
          : changed
  }
  return out
}

/** A copy of a node with new outputs, in no graph yet. `values` maps what it reads and learns what it makes. */
export function cloneNode(node: Node, into: Graph, values: Map<Value, Value>, change: AttributeChange = a => a): Node {
  const copy = new Node({
    op: node.op,
    domain: node.domain,
    overload: node.overload,
    name: node.name,
    inputs: node.inputs.map(v => v && cloneValue(v, into, values)),
    attributes: cloneAttributes(node.attributes, into, values, change),
    origin: node.origin,
  })
  describeAs(copy, node)
  node.outputs.forEach((v, i) => {
    const output = v && describeAs(into.value(v.name, v.type), v)
    if (v && output) values.set(v, output)
    copy.setOutput(i, output)
  })
  return copy
}

/** Copies all of `graph` into an empty graph, which it returns. */
export function cloneGraph(graph: Graph, into: Graph, values: Map<Value, Value> = new Map(), change: AttributeChange = a => a): Graph {
  describeAs(into, graph)
  for (const input of graph.inputs) {
    const copy = into.addInput(describeAs(into.value(input.name, input.type), input))
    copy.constant = input.constant
    values.set(input, copy)
  }
  for (const node of graph.nodes()) into.insert(cloneNode(node, into, values, change))
  for (const output of graph.outputs) into.addOutput(cloneValue(output, into, values))
  return into
}
