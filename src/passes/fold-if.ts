import { mergeOrigins } from '../diag/origin.ts'
import type { Model, Node, Value } from '../ir/model.ts'
import { replaceNode } from '../rewrite/edit.ts'
import { numbersOf } from './kit/values.ts'
import type { Pass } from './pass.ts'

const name = 'fold-if'

/** Puts the branch that is always taken in the place of an If whose condition is constant. */
export const foldIf: Pass = {
  name,
  run(model) {
    let changed = false
    for (let again = true; again; changed ||= again) {
      again = false
      for (const node of model.allNodes()) if (node.op === 'If' && node.domain === '' && inlineBranch(model, node)) again = true
    }
    return { changed }
  },
}

function inlineBranch(_model: Model, node: Node): boolean {
  const condition = numbersOf(node.inputs[0])
  const chosen = node.attributes[condition?.[0] ? 'then_branch' : 'else_branch']
  const graph = node.graph
  if (condition === undefined || condition.length !== 1 || chosen?.type !== 'graph' || graph === undefined) return false
  const branch = chosen.value
  const values: Value[] = [...branch.outputs]
  const moved = new Set<Node>()
  for (let inner = branch.first; inner; inner = branch.first) {
    branch.detach(inner)
    inner.origin = mergeOrigins([inner.origin, node.origin], name)
    graph.insert(inner, node)
    moved.add(inner)
  }
  for (let i = values.length - 1; i >= 0; i--) branch.removeOutput(i)
  replaceNode(node, values, v => v.producer !== undefined && moved.has(v.producer.node))
  return true
}
