import type { Graph, Model } from '../ir/model.ts'
import type { Pass } from './pass.ts'

/** Removes nodes whose outputs nothing uses (what has none at all is there for what it does), lets go of single outputs nothing uses, and shrinks the unused results of If. */
export const removeDeadCode: Pass = {
  name: 'remove-dead-code',
  run(model) {
    let changed = false
    for (let again = true; again; ) {
      again = sweep(model.graph)
      changed ||= again
    }
    return { changed: dropResults(model) || changed }
  },
}

function sweep(graph: Graph): boolean {
  let changed = false
  for (let node = graph.last; node; ) {
    const before = node.previous
    for (const inner of node.subgraphs()) changed = sweep(inner) || changed
    if (node.outputs.length > 0 && node.outputs.every(v => !v || v.uses.size === 0)) {
      const constants = node.inputs.filter(v => v?.isConstant)
      graph.remove(node)
      for (const v of constants) if (v && v.uses.size === 0) v.names.free(v.name)
      changed = true
    }
    node = before
  }
  return changed
}

/** Results of If that nothing uses go, in both branches alike. */
function dropResults(model: Model): boolean {
  let changed = false
  for (const node of model.allNodes()) {
    if (node.op !== 'If' || node.domain !== '') continue
    for (let i = node.outputs.length - 1; i >= 0; i--) {
      const value = node.outputs[i]
      if (node.outputs.length === 1 || (value && value.uses.size > 0)) continue
      if (value) value.names.free(value.name)
      const rest = node.outputs.filter((_, j) => j > i)
      node.trimOutputs(i)
      rest.forEach((v, j) => {
        if (v) v.producer = undefined
        node.setOutput(i + j, v)
      })
      for (const branch of node.subgraphs()) branch.removeOutput(i)
      changed = true
    }
  }
  return changed
}
