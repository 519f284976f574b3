import { mergeOrigins } from '../diag/origin.ts'
import type { Graph, Model, Value } from '../ir/model.ts'
import { Node } from '../ir/model.ts'
import { Builder } from '../ops/builder.ts'
import { inferNode } from '../ops/infer.ts'

/**
 * Lets `value` stand for `old` everywhere; `old` is about to go. The name of `old` passes over when `value` was made for
 * it (`fresh`) or when a graph's output must keep it. Where the name can't pass over, an Identity before `before` bears it.
 * Gives back what has to happen once `old` is gone.
 */
export function replaceValue(old: Value, value: Value, before: Node, fresh: boolean): () => void {
  const name = old.name
  value.type ??= old.type
  const outputs = [...old.uses].filter(use => 'graph' in use)
  let heir = value
  if (outputs.length > 0 && !fresh) {
    const bound = value.inputOf !== undefined || value.constant !== undefined || [...value.uses].some(use => 'graph' in use) || outputs.some(use => value.producer?.node.graph !== use.graph)
    if (bound) {
      const node = new Node({ op: 'Identity', name: before.name, inputs: [value], origin: before.origin })
      before.graph!.insert(node, before)
      heir = before.graph!.value(name, value.type)
      node.setOutput(0, heir)
      inferNode(node)
    }
  }
  for (const use of [...old.uses]) {
    if ('graph' in use) use.graph.setOutput(use.index, heir)
    else use.node.setInput(use.index, value)
  }
  if (!fresh && outputs.length === 0) return () => {}
  if (heir.doc === '') heir.doc = old.doc
  if (heir.metadata.size === 0) heir.metadata = old.metadata
  heir.extra = { ...old.extra, ...heir.extra }
  return () => heir.rename(name)
}

/** Whether every output in use has a value to stand in its place. */
export const covers = (node: Node, values: readonly (Value | undefined)[]): boolean => node.outputs.every((old, i) => !old || old.uses.size === 0 || values[i] !== undefined)

/** Puts `values` in the place of a node's outputs and removes it. `fresh` says which values were made for it. */
export function replaceNode(node: Node, values: readonly (Value | undefined)[], fresh: (value: Value) => boolean): void {
  const after: (() => void)[] = []
  const given = new Set<Value>()
  node.outputs.forEach((old, i) => {
    const value = values[i]
    if (!old || old.uses.size === 0) return
    if (value === undefined) throw new Error(`invariant: ${node.qualified} output ${i} is in use and has no replacement`)
    after.push(replaceValue(old, value, node, fresh(value) && !given.has(value)))
    given.add(value)
  })
  letGo(node)
  node.graph!.remove(node)
  after.forEach(f => f())
}

/** Takes graphs back that were lent to another node. */
export function reclaim(node: Node): void {
  for (const graph of node.subgraphs()) graph.owner = node
}

/** Lets a node go of graphs that another node owns by now, so that they outlive it. */
export function letGo(node: Node): void {
  const kept = Object.entries(node.attributes).filter(([, a]) => (a.type === 'graph' ? a.value.owner === node : a.type !== 'graphs' || a.value.every(g => g.owner === node)))
  if (kept.length < Object.keys(node.attributes).length) node.attributes = Object.fromEntries(kept)
}

/** Removes a node when nothing uses it, and then those that fed only it. Gives the count. */
export function removeDead(node: Node, maybe: (node: Node) => boolean = () => true): number {
  if (node.graph === undefined || !maybe(node) || node.outputs.some(v => v && v.uses.size > 0)) return 0
  const inputs = [...node.inputs]
  node.graph.remove(node)
  let count = 1
  for (const v of inputs) {
    if (v?.producer) count += removeDead(v.producer.node, maybe)
    else if (v?.isConstant && v.uses.size === 0) v.names.free(v.name)
  }
  return count
}

/** A builder at `node` whose nodes carry the merged origins and the name of the pass. */
export const builderAt = (node: Node, by: string, also: readonly Node[] = []): Builder =>
  new Builder(node.graph!, node, mergeOrigins([node.origin, ...also.map(n => n.origin)], by), node.name)

/** The main graph and every graph inside it, outer before inner. */
export function* graphsOf(model: Model): Generator<Graph> {
  yield model.graph
  for (const node of model.allNodes()) yield* node.subgraphs()
}
