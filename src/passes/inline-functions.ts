import { mergeOrigins } from '../diag/origin.ts'
import type { Attribute, Attributes } from '../ir/attribute.ts'
import type { Function, Model, Value } from '../ir/model.ts'
import { Graph, Node } from '../ir/model.ts'
import { replaceNode } from '../rewrite/edit.ts'
import type { Pass } from './pass.ts'

const name = 'inline-functions'

/** Calls within calls beyond this are taken to be circular; such calls stay. */
const deepest = 64

/** Puts the bodies of the model's own functions in the place of the nodes that call them. */
export const inlineFunctions: Pass = {
  name,
  run(model) {
    if (model.functions.length === 0) return { changed: false }
    const byKey = new Map(model.functions.map(f => [`${f.domain}\0${f.name}\0${f.overload}`, f]))
    let changed = false
    for (let depth = 0, again = true; again && depth < deepest; depth++) {
      again = false
      for (const node of model.allNodes()) {
        const called = byKey.get(`${node.domain}\0${node.op}\0${node.overload}`)
        if (called && node.graph) again = inline(model, node, called)
      }
      changed ||= again
    }
    return { changed }
  },
}

function inline(model: Model, node: Node, called: Function): boolean {
  const given: Attributes = { ...called.defaults, ...node.attributes }
  const values = new Map<Value, Value | undefined>()
  const made = new Set<Node>()
  const prefix = node.name === '' ? '' : `${node.name}/`
  called.graph.inputs.forEach((v, i) => values.set(v, node.inputs[i]))
  const valueOf = (v: Value | undefined): Value | undefined => {
    if (v === undefined) return undefined
    if (values.has(v)) return values.get(v)
    const copy = node.graph!.value(prefix + v.name, v.type)
    copy.constant = v.constant
    values.set(v, copy)
    return copy
  }
  const attribute = (a: Attribute): Attribute | undefined =>
    a.type === 'reference' ? given[a.value] : a.type === 'graph' ? { type: 'graph', value: graph(a.value) } : a.type === 'graphs' ? { type: 'graphs', value: a.value.map(graph) } : a
  const graph = (g: Graph): Graph => {
    const copy = new Graph(model.names, g.name)
    for (const v of g.inputs) {
      const input = model.graph.value(prefix + v.name, v.type)
      input.constant = v.constant
      values.set(v, copy.addInput(input))
    }
    for (const inner of g.nodes()) copy.insert(clone(inner))
    for (const v of g.outputs) copy.addOutput(valueOf(v)!)
    return copy
  }
  const clone = (inner: Node): Node => {
    const attributes = Object.fromEntries(Object.entries(inner.attributes).flatMap(([key, a]) => {
      const value = attribute(a)
      return value ? [[key, value] as const] : []
    }))
    const copy = new Node({ op: inner.op, domain: inner.domain, overload: inner.overload, name: prefix + inner.name, inputs: inner.inputs.map(valueOf), attributes, origin: mergeOrigins([node.origin, inner.origin], name) })
    inner.outputs.forEach((v, i) => copy.setOutput(i, valueOf(v)))
    return copy
  }
  for (const inner of called.graph.nodes()) made.add(node.graph!.insert(clone(inner), node))
  replaceNode(node, called.graph.outputs.map(valueOf), v => v.producer !== undefined && made.has(v.producer.node))
  return true
}
