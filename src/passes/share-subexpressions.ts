import { mergeOrigins } from '../diag/origin.ts'
import type { Graph, Model, Value } from '../ir/model.ts'
import { keyOfAttributes } from '../ops/meaning.ts'
import { operatorOf } from '../ops/registry.ts'
import { replaceNode } from '../rewrite/edit.ts'
import type { Pass } from './pass.ts'

const name = 'share-subexpressions'

/** Computes the same thing once: nodes of one operator, with equal attributes and the same inputs, in one graph or one inside another. */
export const shareSubexpressions: Pass = {
  name,
  run: model => ({ changed: share(model.graph, new Map(), new Map()) }),
}

function share(graph: Graph, outer: ReadonlyMap<string, readonly (Value | undefined)[]>, ids: Map<Value, number>): boolean {
  const known = new Map(outer)
  const id = (v: Value | undefined): string => {
    if (v === undefined) return '-'
    if (v.isConstant) return `c${v.constant!.dtype}[${v.constant!.shape.join()}]${v.constant!.strings ? JSON.stringify(v.constant!.strings) : v.constant!.key}`
    if (!ids.has(v)) ids.set(v, ids.size)
    return String(ids.get(v))
  }
  let changed = false
  for (const node of graph.nodes()) {
    if (node.subgraphs().length > 0) {
      for (const inner of node.subgraphs()) changed = share(inner, known, ids) || changed
      continue
    }
    const operator = operatorOf(node)
    if (operator === undefined || operator.impure || operator.control) continue
    const key = JSON.stringify([node.qualified, keyOfAttributes(node.attributes), node.inputs.map(id), node.outputs.length])
    const same = known.get(key)
    const needed = node.outputs.map((v, i) => !v || v.uses.size === 0 || same?.[i] !== undefined)
    if (same && needed.every(Boolean) && !node.outputs.some(v => v && [...v.uses].some(use => 'graph' in use))) {
      const first = same.find(v => v)?.producer?.node
      if (first) first.origin = mergeOrigins([first.origin, node.origin], name)
      replaceNode(node, same, () => false)
      changed = true
    } else known.set(key, node.outputs)
  }
  return changed
}

/** Equal constants become one value. */
export const shareConstants: Pass = {
  name: 'share-constants',
  run: model => ({ changed: mergeConstants(model) }),
}

function mergeConstants(model: Model): boolean {
  const known = new Map<string, Value>()
  let changed = false
  for (const node of model.allNodes()) {
    node.inputs.forEach((v, i) => {
      const tensor = v?.isConstant ? v.constant : undefined
      if (v === undefined || tensor === undefined) return
      const key = `${tensor.dtype}[${tensor.shape.join()}]${tensor.strings ? JSON.stringify(tensor.strings) : tensor.key}`
      const same = known.get(key)
      if (same === undefined) known.set(key, v)
      else if (same !== v) {
        node.setInput(i, same)
        if (v.uses.size === 0) v.names.free(v.name)
        changed = true
      }
    })
  }
  return changed
}
