import { graphAttribute } from '../../../src/ir/attribute.ts'
import { Graph } from '../../../src/ir/model.ts'
import type { Value } from '../../../src/ir/model.ts'
import { Builder } from '../../../src/ops/builder.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { dtypeOf, numbersOf, rankOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { tensorType } from '../../../src/ir/types.ts'
import { bytesOf } from '../../../src/ir/tensor.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { int32s, onNode } from './kit.ts'

/** Values from outside that a graph or one inside it uses; constants stay where they are. */
function captures(graph: Graph): Value[] {
  const inside = new Set<Graph>([graph])
  for (const node of graph.allNodes()) node.subgraphs().forEach(g => inside.add(g))
  const found = new Set<Value>()
  const see = (v: Value | undefined): void => {
    if (!v || v.isConstant) return
    const home = v.producer?.node.graph ?? v.inputOf
    if (home && !inside.has(home)) found.add(v)
  }
  for (const node of graph.allNodes()) node.inputs.forEach(see)
  for (const g of inside) g.outputs.forEach(see)
  return [...found]
}

/** Lets a graph take outer values as inputs, in order; also within the graphs inside it. */
function giveInputs(graph: Graph, values: readonly Value[]): void {
  const inside = new Set<Graph>([graph])
  for (const node of graph.allNodes()) node.subgraphs().forEach(g => inside.add(g))
  for (const value of values) {
    const input = graph.value(value.name, value.type)
    input.elements = value.elements
    graph.addInput(input)
    for (const use of [...value.uses]) {
      if ('node' in use) {
        if (use.node.graph && inside.has(use.node.graph)) use.node.setInput(use.index, input)
      } else if (inside.has(use.graph)) use.graph.setOutput(use.index, input)
    }
  }
}

/** Both branches take what either uses from outside: the runtime's branches have the same inputs. */
const branch = onNode('if', 'If', (node, b) => {
  const a = attributesOf(node)
  const [then, otherwise] = [a.graph('then_branch'), a.graph('else_branch')]
  const outer = [...new Set([...captures(then), ...captures(otherwise)])]
  giveInputs(then, outer)
  giveInputs(otherwise, outer)
  node.attributes = {}
  return b.ops('tflite::IF', [node.inputs[0], ...outer], node.outputs.length, { then_subgraph: graphAttribute(then), else_subgraph: graphAttribute(otherwise) })
})

/** Written out below this many operators in all: a WHILE has a price for each round. */
const worthWhile = 256

/**
 * WHILE: the count of rounds, the flag, what is carried, what is gathered from every round where their number is known, and what
 * the body uses from outside, all passed from round to round.
 */
const loop = onNode('while', 'Loop', (node, b, refuse) => {
  const [most, start, ...carried] = node.inputs
  const body = attributesOf(node).graph('body')
  const gathered = body.outputs.length - carried.length - 1
  const wholes = node.outputs.slice(carried.length).map(v => ({ sizes: sizesOf(v), dtype: dtypeOf(v) }))
  const rounds = most?.isConstant ? numbersOf(most)?.[0] : undefined
  if (gathered > 0) {
    if (rounds === undefined || wholes.length !== gathered || !wholes.every(w => w.sizes?.[0] === rounds && w.dtype)) return refuse('values that are gathered from a number of rounds that is not known')
    if (rounds * body.size < worthWhile) return refuse('a few rounds are written out')
  }
  if (carried.some(v => v === undefined)) return refuse('a carried value that is left out')
  const outer = captures(body)
  const limit = most && !most.isConstant ? [most] : []
  const buffers = wholes.slice(0, gathered).map((w, i) => body.addInput(body.value(`${node.outputs[carried.length + i]?.name ?? 'gathered'}/rounds`, tensorType(w.dtype!, w.sizes!)), 2 + carried.length + i))
  giveInputs(body, outer)
  for (const v of limit) body.addInput(body.value(v.name, v.type))
  const types = body.inputs.map((v, i) => (i < 2 ? v.type : i < 2 + carried.length ? node.outputs[i - 2]?.type ?? v.type : v.type))
  const condition = new Graph(body.names, `${body.name}_condition`)
  const seen = body.inputs.map((v, i) => condition.value(v.name, types[i]))
  seen.forEach(v => condition.addInput(v))
  const ask = new Builder(condition, undefined, node.origin, node.name)
  const bound = most?.isConstant ? most : most && seen.at(-1)!
  condition.addOutput(bound ? ask.op('And', [seen[1], ask.op('Less', [seen[0], bound])]) : ask.op('Identity', [seen[1]]))
  const work = new Builder(body, undefined, node.origin, node.name)
  const counts = dtypeOf(body.inputs[0]) ?? 'int64'
  const next = work.op('Add', [body.inputs[0], work.scalar(1, counts)])
  const filled = buffers.map((buffer, i) => {
    const places = placesOf(work, rounds!, sizesOf(buffer)!.length, counts)
    return work.op('Where', [work.op('Equal', [places, body.inputs[0]]), work.op('Unsqueeze', [body.outputs[1 + carried.length + i], work.ints([0])]), buffer])
  })
  const results = [next, ...body.outputs.slice(0, 1 + carried.length), ...filled, ...body.inputs.slice(2 + carried.length + gathered)]
  results.map(v => (v.inputOf === body || v.isConstant ? work.op('Identity', [v]) : v)).forEach((v, i) => body.setOutput(i, v))
  node.attributes = {}
  const empty = wholes.slice(0, gathered).map(w => b.op('tflite::FILL', [int32s(b, w.sizes!), b.scalar(0, w.dtype!)]))
  const first = [b.scalar(0, counts), start ?? b.scalar(1, 'bool'), ...carried, ...empty, ...outer, ...limit]
  const outputs = b.ops('tflite::WHILE', first, first.length, { cond_subgraph: graphAttribute(condition), body_subgraph: graphAttribute(body) })
  return outputs.slice(2, 2 + node.outputs.length)
})

/** A Loop for a Scan of a known number of steps, each with its part of what is scanned. */
const scan = onNode('scan', 'Scan', (node, b, refuse) => {
  const a = attributesOf(node)
  const body = a.graph('body')
  const scanned = a.int('num_scan_inputs', 0)
  const carried = node.inputs.length - scanned
  const wholes = node.inputs.slice(carried) as Value[]
  const axes = wholes.map((v, i) => a.ints('scan_input_axes')?.[i] ?? 0).map((axis, i) => (axis < 0 ? axis + (rankOf(wholes[i]) ?? 0) : axis))
  const steps = shapeOf(wholes[0])?.[axes[0]!]
  if (typeof steps !== 'number' || node.inputs.some(v => v === undefined)) return refuse('the number of steps is not known')
  if (steps * body.size < worthWhile) return refuse('a few steps are written out')
  if (a.ints('scan_output_axes')?.some(axis => axis !== 0)) return refuse('what is gathered goes along another axis than the first')
  const [count, goesOn] = [body.value('step', tensorType('int64', [])), body.value('goes_on', tensorType('bool', []))]
  body.addInput(count, 0)
  body.addInput(goesOn, 1)
  const start = new Builder(body, body.first, node.origin, node.name)
  const back = a.ints('scan_input_directions')?.some(d => d !== 0) ? start.op('Sub', [start.int(steps - 1), count]) : count
  for (const [i, element] of body.inputs.slice(2 + carried).entries()) {
    element.replaceBy(start.op('Gather', [wholes[i], a.ints('scan_input_directions')?.[i] ? back : count], { axis: axes[i]! }))
    body.removeInput(element)
  }
  const results = [start.op('Identity', [goesOn]), ...body.outputs]
  results.forEach((v, i) => body.setOutput(i, v))
  const backward = a.ints('scan_output_directions') ?? []
  node.attributes = {}
  const made = b.ops('Loop', [b.int(steps), b.scalar(1, 'bool'), ...node.inputs.slice(0, carried)], node.outputs.length, { body: graphAttribute(body) })
  return made.map((v, i) => (i >= carried && backward[i - carried] ? b.op('tflite::REVERSE_V2', [v, int32s(b, [0])]) : v))
})

/** The numbers of the rounds along the first of `rank` axes. */
function placesOf(b: Builder, rounds: number, rank: number, dtype: DType): Value {
  const shape = [rounds, ...Array.from({ length: rank - 1 }, () => 1)]
  const numbers = Array.from({ length: writtenOut(rounds) }, (_, i) => i)
  return b.bytes(dtype, shape, dtype === 'int32' ? bytesOf(Int32Array.from(numbers)) : bytesOf(BigInt64Array.from(numbers, BigInt)))
}

export const controlRules = [branch, loop, scan]
