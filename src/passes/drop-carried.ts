import { ints } from '../ir/attribute.ts'
import type { Graph, Node, Value } from '../ir/model.ts'
import { replaceValue } from '../rewrite/edit.ts'
import { bodyOf, carriedOf, offsetsOf, unnamed } from './kit/loops.ts'
import { intsOf } from './kit/values.ts'
import type { Pass } from './pass.ts'

/** Whether everything that comes of a value in a graph ends in this one of the graph's outputs. */
function endsIn(value: Value, graph: Graph, output: number): boolean {
  const seen = new Set<Value>([value])
  const left = [value]
  for (let v = left.pop(); v; v = left.pop())
    for (const use of v.uses) {
      if ('graph' in use) {
        if (use.graph !== graph || use.index !== output) return false
        continue
      }
      if (use.node.graph !== graph || use.node.subgraphs().length > 0) return false
      for (const made of use.node.outputs) {
        if (!made || seen.has(made)) continue
        seen.add(made)
        left.push(made)
      }
    }
  return true
}

/** Takes an output from a node; those after it move up. */
function dropOutput(node: Node, index: number): void {
  if (index >= node.outputs.length) return
  const [gone, ...rest] = node.outputs.slice(index)
  if (gone) gone.names.free(gone.name)
  node.trimOutputs(index)
  rest.forEach((v, i) => {
    if (v) v.producer = undefined
    node.setOutput(index + i, v)
  })
}

function dropState(node: Node, body: Graph, i: number): void {
  const { inputs, outputs } = offsetsOf(node)
  body.removeOutput(outputs + i)
  node.setInputs(node.inputs.filter((_, k) => k !== inputs + i))
  dropOutput(node, i)
  // what led from the state to itself goes with it
  const left = [body.inputs[inputs + i]!]
  const chain = new Set<Node>()
  for (let v = left.pop(); v; v = left.pop())
    for (const use of v.uses) {
      if (!('node' in use) || chain.has(use.node)) continue
      chain.add(use.node)
      left.push(...use.node.outputs.filter(o => o !== undefined))
    }
  for (let made = body.last; made; ) {
    const before = made.previous
    if (chain.has(made)) body.remove(made)
    made = before
  }
  const gone = body.inputs[inputs + i]!
  body.removeInput(gone)
  gone.names.free(gone.name)
}

const isUnused = (node: Node): boolean => node.outputs.every(v => !v || v.uses.size === 0)

/** Values that a loop carries from step to step as they are, or for nobody, and what it puts together for nobody. */
function tidy(node: Node, body: Graph): number {
  const { inputs, outputs } = offsetsOf(node)
  let count = 0
  if (isUnused(node)) return count
  for (let i = carriedOf(node) - 1; i >= 0; i--) {
    const [initial, before, after, result] = [node.inputs[inputs + i], body.inputs[inputs + i], body.outputs[outputs + i], node.outputs[i]]
    if (!initial || !before || !after) continue
    if (unnamed(after) === before) {
      // an output of a graph is a value of its own
      if ([...before.uses].some(use => 'graph' in use && (use.graph !== body || use.index !== outputs + i))) continue
      const free = result && result.uses.size > 0 ? replaceValue(result, initial, node, false) : undefined
      for (const use of [...before.uses]) if ('node' in use) use.node.setInput(use.index, initial)
      body.setOutput(outputs + i, before)
      dropState(node, body, i)
      free?.()
    } else if ((!result || result.uses.size === 0) && endsIn(before, body, outputs + i)) dropState(node, body, i)
    else continue
    count++
  }
  const carried = carriedOf(node)
  for (let i = body.outputs.length - outputs - 1; i >= carried; i--) {
    const result = node.outputs[i]
    if ((result && result.uses.size > 0) || (node.op === 'Scan' && body.outputs.length === 1)) continue
    body.removeOutput(outputs + i)
    dropOutput(node, i)
    for (const list of ['scan_output_axes', 'scan_output_directions']) {
      const given = intsOf(node, list)
      if (given) node.setAttribute(list, given.length === 1 ? undefined : ints(given.filter((_, k) => k !== i - carried)))
    }
    count++
  }
  if (isUnused(node)) node.graph!.remove(node)
  return count
}

/** Lets a body read from outside what its loop hands on unchanged, and loops no longer carry or put together what nobody uses. */
export const dropCarried: Pass = {
  name: 'drop-carried',
  run(model) {
    let count = 0
    for (const node of model.allNodes()) {
      const body = node.qualified === 'Loop' || node.qualified === 'Scan' ? bodyOf(node) : undefined
      if (body && carriedOf(node) >= 0 && body.inputs.length === node.inputs.length && body.outputs.length >= offsetsOf(node).outputs + carriedOf(node)) count += tidy(node, body)
    }
    return { changed: count > 0 }
  },
}
