import { mergeOrigins } from '../diag/origin.ts'
import type { Graph, Model, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
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
  const known = new Map<string, Value[]>()
  let changed = false
  for (const node of model.allNodes()) {
    node.inputs.forEach((v, i) => {
      const tensor = v?.isConstant ? v.constant : undefined
      if (v === undefined || tensor === undefined) return
      const key = contentKey(tensor)
      const alike = known.get(key) ?? []
      const same = alike.find(other => other === v || sameContent(other.constant!, tensor))
      if (same === undefined) known.set(key, [...alike, v])
      else if (same !== v) {
        node.setInput(i, same)
        if (v.uses.size === 0) v.names.free(v.name)
        changed = true
      }
    })
  }
  return changed
}

const hashes = new WeakMap<Uint8Array, number>()

/** Equal for equal contents of tensors in memory, and for tensors of one key. */
function contentKey(tensor: Tensor): string {
  const type = `${tensor.dtype}[${tensor.shape.join()}]`
  if (tensor.strings) return type + JSON.stringify(tensor.strings)
  const bytes = tensor.peek()
  if (bytes === undefined) return type + tensor.key
  let hash = hashes.get(bytes)
  if (hash === undefined) {
    hash = 0x811c9dc5
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    hashes.set(bytes, hash)
  }
  return type + hash
}

function sameContent(a: Tensor, b: Tensor): boolean {
  if (a.key === b.key && !a.strings && !b.strings) return true
  const [p, q] = [a.peek(), b.peek()]
  return p !== undefined && q !== undefined && JSON.stringify(a.strings) === JSON.stringify(b.strings) && p.every((byte, i) => byte === q[i])
}
