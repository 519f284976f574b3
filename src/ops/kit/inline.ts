import { cloneAttributes } from '../../ir/clone.ts'
import type { Graph, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'

/** Makes the nodes of a graph again at the builder's place, its inputs bound to these values; gives its outputs. What it reads from around it stays. */
export function inlineBody(b: Builder, body: Graph, inputs: readonly (Value | undefined)[]): (Value | undefined)[] {
  const known = new Map<Value, Value>()
  body.inputs.forEach((v, i) => inputs[i] && known.set(v, inputs[i]))
  const get = (v: Value | undefined): Value | undefined => v && (known.get(v) ?? v)
  for (const node of body.nodes()) {
    const made = b.ops(node.qualified, node.inputs.map(get), node.outputs.length, cloneAttributes(node.attributes, b.graph, known))
    node.outputs.forEach((v, i) => v && known.set(v, made[i]!))
  }
  return body.outputs.map(get)
}
