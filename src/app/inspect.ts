import { countWork } from '../expr/analysis/count.ts'
import { input } from '../expr/expr.ts'
import { byteLengthOf } from '../ir/dtype.ts'
import { Graph, Node } from '../ir/model.ts'
import type { Model, Value } from '../ir/model.ts'
import { Names } from '../ir/names.ts'
import type { Tensor } from '../ir/tensor.ts'
import { elementCount, staticShape, typeToString } from '../ir/types.ts'
import { Builder } from '../ops/builder.ts'
import { computeNode, meaningOf } from '../ops/meaning.ts'
import type { Operator } from '../ops/operator.ts'
import { operatorOf } from '../ops/registry.ts'
import type { Loaded } from './load.ts'

/** What a person wants to know of a model before doing anything with it. */
export interface Inspection {
  readonly file: string
  readonly format: string
  /** Bytes of the main file. */
  readonly size: number
  readonly producer: string
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly { readonly name: string; readonly type: string }[]
  readonly outputs: readonly { readonly name: string; readonly type: string }[]
  /** Nodes by qualified operator, subgraphs included, most frequent first. */
  readonly operators: Readonly<Record<string, number>>
  /** Operators that can be carried but not run. */
  readonly unknown: readonly string[]
  readonly nodes: number
  readonly functions: number
  readonly parameters: number
  readonly parameterBytes: number
  /** Multiply-accumulates of one run, as far as sizes are known. */
  readonly macs: number
  /** Nodes whose work could not be counted because a size is open. */
  readonly uncounted: number
  /** Most bytes of intermediate values alive at once, in node order; undefined when a size is open. */
  readonly activationBytes: number | undefined
  /** The names of the file's entry points, where its format has several. */
  readonly entries: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
}

function constantsOf(model: Model): Set<Tensor> {
  const seen = new Map<string, Tensor>()
  for (const node of model.allNodes()) for (const v of node.inputs) if (v?.constant) seen.set(v.constant.key, v.constant)
  for (const v of model.graph.outputs) if (v.constant) seen.set(v.constant.key, v.constant)
  return new Set(seen.values())
}

function macsOf(node: Node): number | undefined {
  const operator = operatorOf(node)
  if (!operator) return 0
  const types = [...node.inputs, ...node.outputs].map(v => v?.type)
  if (types.some(t => t?.kind === 'tensor' && staticShape(t.shape) === undefined)) return undefined
  try {
    const meaning = meaningOf(node, operator)
    if (meaning === 'decompose') return macsOfSimpler(node, operator)
    if (meaning !== 'compute') return 0
    const outputs = computeNode(node, operator, i => {
      const type = node.inputs[i]!.type
      if (type?.kind !== 'tensor') throw new TypeError()
      return input(staticShape(type.shape)!, type.dtype)
    })
    return countWork(outputs).macs
  } catch {
    return undefined
  }
}

/** The work of the simpler operators that a node stands for, which are made on a graph of their own. */
function macsOfSimpler(node: Node, operator: Operator): number | undefined {
  if (node.subgraphs().length > 0) return 0
  const graph = new Graph(new Names())
  const like = (v: Value): Value => {
    const value = v.constant ? graph.constant(v.constant, v.name) : graph.addInput(graph.value(v.name, v.type))
    value.elements = v.elements
    return value
  }
  const copy = graph.insert(new Node({ op: node.op, domain: node.domain, inputs: node.inputs.map(v => v && like(v)), attributes: node.attributes }))
  node.outputs.forEach((v, i) => v && copy.setOutput(i, graph.value(v.name, v.type)))
  const b = new Builder(graph, copy)
  if (operator.decompose!(b, copy) === undefined) return undefined
  return b.made.reduce<number | undefined>((sum, made) => {
    const work = macsOf(made)
    return sum === undefined || work === undefined ? undefined : sum + work
  }, 0)
}

const sizeOf = (value: Value): number | undefined => {
  const shape = value.type?.kind === 'tensor' ? staticShape(value.type.shape) : undefined
  return shape && value.type?.kind === 'tensor' ? byteLengthOf(value.type.dtype, elementCount(shape)) : undefined
}

/** Most bytes of intermediate values alive at once, in node order; undefined when a size is open. */
export function peakOf(graph: Graph): number | undefined {
  const order = new Map<Node, number>()
  let count = 0
  for (const node of graph.nodes()) order.set(node, count++)
  const topNode = (node: Node | undefined): Node | undefined => {
    let at = node
    while (at && at.graph !== graph) at = at.graph?.owner
    return at
  }
  const change = Array.from({ length: count + 2 }, () => 0)
  const live = (value: Value, from: number): boolean => {
    const size = sizeOf(value)
    if (size === undefined) return false
    let last = from
    for (const use of value.uses) last = Math.max(last, 'node' in use ? (order.get(topNode(use.node)!) ?? count) : count)
    change[from]! += size
    change[last + 1]! -= size
    return true
  }
  for (const v of graph.inputs) if (!v.isConstant && !live(v, 0)) return undefined
  for (const node of graph.nodes()) for (const v of node.outputs) if (v && !live(v, order.get(node)!)) return undefined
  let now = 0
  let peak = 0
  for (const c of change) peak = Math.max(peak, (now += c))
  return peak
}

/** Facts of a loaded model. Weights are not read. */
export function inspectModel({ model, format, file, size, entries }: Loaded): Inspection {
  const counts = new Map<string, number>()
  const unknown = new Set<string>()
  let macs = 0
  let uncounted = 0
  let nodes = 0
  for (const node of model.allNodes()) {
    nodes++
    counts.set(node.qualified, (counts.get(node.qualified) ?? 0) + 1)
    if (!operatorOf(node) && !model.functions.some(f => f.domain === node.domain && f.name === node.op)) unknown.add(node.qualified)
    const work = macsOf(node)
    if (work === undefined) uncounted++
    else macs += work
  }
  const constants = [...constantsOf(model)]
  const interfaceOf = (values: readonly Value[]) => values.map(v => ({ name: v.name, type: typeToString(v.type) }))
  return {
    file,
    format,
    size,
    producer: `${model.producer.name} ${model.producer.version}`.trim(),
    opsets: Object.fromEntries([...model.opsets].map(([domain, version]) => [domain === '' ? 'ai.onnx' : domain, version])),
    inputs: interfaceOf(model.graph.inputs),
    outputs: interfaceOf(model.graph.outputs),
    operators: Object.fromEntries([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    unknown: [...unknown].sort(),
    nodes,
    functions: model.functions.length,
    parameters: constants.reduce((n, t) => n + elementCount(t.shape), 0),
    parameterBytes: constants.reduce((n, t) => n + t.byteLength, 0),
    macs,
    uncounted,
    activationBytes: peakOf(model.graph),
    entries,
    metadata: Object.fromEntries(model.metadata),
  }
}
