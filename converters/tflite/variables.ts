import type { Operator, Tensor as FileTensor } from '../../proto/tflite.gen.ts'
import type { Graph, Model, Node, Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor } from '../../src/ir/tensor.ts'
import { staticShape, tensorType, typeEquals } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { attributesOf } from '../../src/ops/meaning.ts'

/** A resource variable: the model's input that holds it when a run begins, and the output that it has become, by name. */
export interface StateVariable {
  readonly container: string
  readonly name: string
  readonly input: string
  readonly output: string
}

const isHandle = (node: Node): boolean => node.qualified === 'tflite::VAR_HANDLE'
const keyOf = (handle: Node): string => JSON.stringify([attributesOf(handle).string('container', ''), attributesOf(handle).string('shared_name', '')])
const handleOf = (node: Node): Node | undefined => {
  const made = node.inputs[0]?.producer?.node
  return made && isHandle(made) ? made : undefined
}

/** What CALL_ONCE sets variables to; undefined when it does anything else. */
function initialOf(graph: Graph): Map<string, Tensor> | undefined {
  const found = new Map<string, Tensor>()
  for (const node of graph.nodes()) {
    if (isHandle(node)) continue
    const [handle, held] = [handleOf(node), node.inputs[1]?.constant]
    if (node.qualified !== 'tflite::ASSIGN_VARIABLE' || handle === undefined || held === undefined) return undefined
    found.set(keyOf(handle), held)
  }
  return found
}

/** The nodes to do with variables, where all of them are what can be lifted: handles at the top that are only read and set, and constants that they begin as. */
function plainVariables(model: Model): { readonly nodes: readonly Node[]; readonly initial: ReadonlyMap<string, Tensor> } | undefined {
  const { graph } = model
  const nodes: Node[] = []
  const initial = new Map<string, Tensor>()
  const within = new Set<Graph>()
  for (const node of graph.nodes()) {
    if (node.qualified === 'tflite::CALL_ONCE') {
      const body = attributesOf(node).graph('init_subgraph')
      const found = initialOf(body)
      if (found === undefined) return undefined
      within.add(body)
      found.forEach((tensor, key) => initial.set(key, tensor))
      nodes.push(node)
    } else if (isHandle(node)) {
      const plain = [...(node.outputs[0]?.uses ?? [])].every(use => 'node' in use && use.node.graph === graph && use.index === 0 && /^tflite::(READ|ASSIGN)_VARIABLE$/.test(use.node.qualified))
      if (!plain) return undefined
      nodes.push(node)
    } else if (/^tflite::(READ|ASSIGN)_VARIABLE$/.test(node.qualified)) {
      if (handleOf(node) === undefined || (node.op === 'READ_VARIABLE' ? node.outputs[0] : node.inputs[1]) === undefined) return undefined
      nodes.push(node)
    }
  }
  for (const node of model.allNodes()) if (isHandle(node) && node.graph !== graph && !within.has(node.graph!)) return undefined
  return nodes.some(isHandle) ? { nodes, initial } : undefined
}

/**
 * Makes variables visible: each that a run reads before it sets it becomes an input, with what it begins as for a default, and, where the run sets it, an
 * output; reads and sets between are plain values. Whoever runs the model carries the state. Gives what the exporter needs to turn it back; variables in
 * branches and loops, or that begin as something worked out, stay as they are.
 */
export function liftVariables(model: Model): readonly StateVariable[] {
  const found = plainVariables(model)
  if (found === undefined) return []
  const { graph } = model
  const current = new Map<string, Value>()
  const inputs = new Map<string, Value>()
  const written = new Set<string>()
  for (const node of found.nodes) {
    const handle = handleOf(node)
    if (handle === undefined) continue
    const key = keyOf(handle)
    if (node.op === 'ASSIGN_VARIABLE') {
      written.add(key)
      current.set(key, node.inputs[1]!)
      continue
    }
    const out = node.outputs[0]!
    let value = current.get(key)
    if (value === undefined) {
      const held = found.initial.get(key)
      const [, name] = JSON.parse(key) as [string, string]
      value = graph.value(name === '' ? out.name : name, held ? tensorType(held.dtype, held.shape) : out.type)
      if (held) value.constant = held
      graph.addInput(value)
      inputs.set(key, value)
      current.set(key, value)
    }
    out.replaceBy(value)
  }
  for (const node of [...found.nodes.filter(isHandle), ...found.nodes.filter(n => !isHandle(n))].reverse()) {
    graph.remove(node)
    for (const v of node.outputs) if (v) graph.names.free(v.name)
  }
  const variables: StateVariable[] = []
  for (const [key, input] of inputs) {
    const [container, name] = JSON.parse(key) as [string, string]
    if (name !== '') input.rename(name)
    if (!written.has(key)) {
      // never set: a constant, where it begins as one
      if (input.constant) {
        input.replaceBy(graph.constant(input.constant, input.name))
        graph.removeInput(input)
      }
      continue
    }
    const output = asOutput(graph, current.get(key)!, input)
    variables.push({ container, name, input: input.name, output: output.name })
    graph.addOutput(output)
  }
  return variables
}

/** A value that may be an output of its own: made by a node, and none yet. */
function asOutput(graph: Graph, value: Value, input: Value): Value {
  const shape = staticShape(value.type?.kind === 'tensor' ? value.type.shape : undefined)
  const free = value.producer !== undefined && !graph.outputs.includes(value)
  const own = free || shape === undefined ? value : new Builder(graph).op('tflite::RESHAPE', [value, graph.constant(int32s(shape), `${input.name}/shape`)])
  own.rename(`${input.name}/next`)
  return own
}

const int32s = (values: readonly number[]): Tensor => inlineTensor('int32', [values.length], bytesOf(Int32Array.from(values)))

/** The variables among a graph's inputs and outputs: those that are there under their names, of one type on both sides. */
export function loweredVariables(graph: Graph, variables: readonly StateVariable[]): readonly (StateVariable & { readonly before: Value; readonly after: Value })[] {
  return variables.flatMap(variable => {
    const [before, after] = [graph.inputs.find(v => v.name === variable.input), graph.outputs.find(v => v.name === variable.output)]
    return before && after && typeEquals(before.type, after.type) ? [{ ...variable, before, after }] : []
  })
}

/** How an exporter makes operators and tensors of one subgraph. */
export interface SubgraphWriter {
  tensor(tensor: FileTensor): number
  operator(name: 'CALL_ONCE' | 'VAR_HANDLE' | 'READ_VARIABLE' | 'ASSIGN_VARIABLE', inputs: readonly number[], outputs: readonly number[], options: Record<string, unknown>): Operator
}

/** A handle of a variable: its tensor and the operator that makes it. */
export function handle(writer: SubgraphWriter, { container, name }: StateVariable): { readonly tensor: number; readonly operator: Operator } {
  const tensor = writer.tensor({ name: `${name}/handle`, type: 'RESOURCE', shape: [], has_rank: true })
  return { tensor, operator: writer.operator('VAR_HANDLE', [], [tensor], { container, shared_name: name }) }
}
