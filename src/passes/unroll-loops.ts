import { mergeOrigins } from '../diag/origin.ts'
import { cloneNode, cloneValue } from '../ir/clone.ts'
import type { Graph, Node, Value } from '../ir/model.ts'
import { inferNode } from '../ops/infer.ts'
import type { Make } from '../rewrite/pattern.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { intOf, intsOf, numbersOf, rankOf, shapeOf } from './kit/values.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** Nodes that unrolling one loop may make: a speech model's few frames, not a document's thousand words. */
const mostNodes = 4096

const bodyOf = (node: Node): Graph | undefined => (node.attributes['body']?.type === 'graph' ? node.attributes['body'].value : undefined)
const sizeOf = (graph: Graph): number => [...graph.allNodes()].length

/** One round of a body, before the loop; gives the body's outputs. */
function round(make: Make, body: Graph, loop: Node, given: readonly Value[], by: string): Value[] {
  const values = new Map<Value, Value>()
  body.inputs.forEach((v, i) => values.set(v, given[i]!))
  for (const node of body.allNodes()) for (const v of node.inputs) if (v?.isConstant) values.set(v, v)
  for (const v of body.outputs) if (v.isConstant) values.set(v, v)
  for (const node of body.nodes()) {
    const copy = cloneNode(node, make.graph, values)
    copy.origin = mergeOrigins([node.origin, loop.origin], by)
    make.graph.insert(copy, loop)
    make.made.push(copy)
    inferNode(copy)
  }
  return body.outputs.map(v => cloneValue(v, make.graph, values))
}

/** Elements put side by side along a new axis. */
const stack = (make: Make, values: readonly Value[], axis: number): Value => make.op('Concat', values.map(v => make.Unsqueeze(v, make.ints([axis]))), { axis })

export const unrollRules: readonly Rule[] = [
  rule('unroll-scan', p => p.op('Scan'), ({ root }, make, refuse) => {
    const body = bodyOf(root)
    const scanned = intOf(root, 'num_scan_inputs', 0)
    const carried = root.inputs.length - scanned
    if (body === undefined || scanned < 1 || root.inputs.some(v => v === undefined)) return refuse('the loop has no length')
    const axes = root.inputs.slice(carried).map((v, i) => {
      const axis = intsOf(root, 'scan_input_axes')?.[i] ?? 0
      return axis < 0 ? axis + (rankOf(v) ?? 0) : axis
    })
    const length = shapeOf(root.inputs[carried])?.[axes[0]!]
    if (typeof length !== 'number') return refuse('the number of steps is not known')
    if (length === 0 || length * sizeOf(body) > mostNodes) return refuse(`${length} steps of ${sizeOf(body)} operators are too many to write out`)
    const back = (name: string, i: number): boolean => (intsOf(root, name)?.[i] ?? 0) !== 0
    let states = root.inputs.slice(0, carried) as Value[]
    const rows: Value[][] = body.outputs.slice(carried).map(() => [])
    for (let t = 0; t < length; t++) {
      const elements = axes.map((axis, i) => make.Gather(root.inputs[carried + i], make.int(back('scan_input_directions', i) ? length - 1 - t : t), { axis }))
      const out = round(make, body, root, [...states, ...elements], 'unroll-scan')
      states = out.slice(0, carried)
      out.slice(carried).forEach((v, k) => (back('scan_output_directions', k) ? rows[k]!.unshift(v) : rows[k]!.push(v)))
    }
    return root.outputs.map((v, i) => (v === undefined || v.uses.size === 0 ? undefined : i < carried ? states[i] : stack(make, rows[i - carried]!, intsOf(root, 'scan_output_axes')?.[i - carried] ?? 0)))
  }),
  rule('unroll-loop', p => p.op('Loop'), ({ root }, make, refuse) => {
    const body = bodyOf(root)
    const length = numbersOf(root.inputs[0])?.[0]
    if (body === undefined || length === undefined) return refuse('the number of steps is not known')
    const always = (v: Value | undefined): boolean => v === undefined || (v.isConstant && numbersOf(v)?.[0] === 1)
    const goesOn = body.outputs[0]!
    if (!always(root.inputs[1]) || !(always(goesOn) || goesOn === body.inputs[1] || (goesOn.producer?.node.op === 'Identity' && goesOn.producer.node.inputs[0] === body.inputs[1]))) return refuse('it may end early')
    if (length < 1 || length * sizeOf(body) > mostNodes) return refuse(`${length} steps of ${sizeOf(body)} operators are too many to write out`)
    const carried = root.inputs.length - 2
    let states = root.inputs.slice(2) as Value[]
    const rows: Value[][] = body.outputs.slice(1 + carried).map(() => [])
    for (let t = 0; t < length; t++) {
      const out = round(make, body, root, [make.int(t), make.scalar(1, 'bool'), ...states], 'unroll-loop')
      states = out.slice(1, 1 + carried)
      out.slice(1 + carried).forEach((v, k) => rows[k]!.push(v))
    }
    return root.outputs.map((v, i) => (v === undefined || v.uses.size === 0 ? undefined : i < carried ? states[i] : stack(make, rows[i - carried]!, 0)))
  }),
]

/** Writes out loops of a few known steps. Not among the usual passes: it makes a model longer. Legalization does it for targets without loops. */
export const unrollLoops: Pass = rulesPass('unroll-loops', unrollRules)
