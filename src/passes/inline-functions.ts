import { mergeOrigins } from '../diag/origin.ts'
import type { Attributes } from '../ir/attribute.ts'
import { cloneNode, cloneValue } from '../ir/clone.ts'
import type { Function, Node, Value } from '../ir/model.ts'
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
        if (called && node.graph) again = inline(node, called)
      }
      changed ||= again
    }
    const called = new Set([...model.allNodes()].map(n => `${n.domain}\0${n.op}\0${n.overload}`))
    if (![...byKey.keys()].some(key => called.has(key))) model.functions = []
    return { changed }
  },
}

function inline(node: Node, called: Function): boolean {
  const given: Attributes = { ...called.defaults, ...node.attributes }
  const prefix = node.name === '' ? '' : `${node.name}/`
  const graph = node.graph!
  const values = new Map<Value, Value>()
  const absent = new Set<Value>()
  called.graph.inputs.forEach((v, i) => (node.inputs[i] ? values.set(v, node.inputs[i]) : absent.add(v)))
  const made = new Set<Node>()
  for (const inner of called.graph.nodes()) {
    const copy = cloneNode(inner, graph, values, a => (a.type === 'reference' ? given[a.value] : a))
    copy.inputs.forEach((v, i) => v && absent.has(v) && copy.setInput(i, undefined))
    copy.name = prefix + copy.name
    copy.origin = mergeOrigins([node.origin, inner.origin], name)
    made.add(graph.insert(copy, node))
  }
  replaceNode(node, called.graph.outputs.map(v => cloneValue(v, graph, values)), v => v.producer !== undefined && made.has(v.producer.node))
  return true
}
