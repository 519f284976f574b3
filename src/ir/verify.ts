import { LapidaryError } from '../diag/diagnostic.ts'
import type { Diagnostic } from '../diag/diagnostic.ts'
import type { Origin } from '../diag/origin.ts'
import type { Graph, Model, Node, Use, Value } from './model.ts'
import { byteLengthOf } from './dtype.ts'
import { elementCount, shapeEquals } from './types.ts'

/**
 * Checks every invariant of a model and its functions: links that hold in both directions, an order in which values are
 * made before they are used, values seen only from inside the graph they belong to, names used once, constants that are
 * what their types say. Throws one error with every breach, `ir.verify.<which>`.
 */
export function verify(model: Model): void {
  const breaches: Diagnostic[] = []
  const seen = new Set<string>()
  for (const [graph, at] of [[model.graph, model.origin] as const, ...model.functions.map(f => [f.graph, { ...model.origin, path: `function ${f.name}` }] as const)]) {
    new Verifier(breaches, at).graph(graph, undefined)
  }
  for (const f of model.functions) {
    const id = JSON.stringify([f.domain, f.name, f.overload])
    if (seen.has(id)) breaches.push({ code: 'ir.verify.function', severity: 'error', message: `function ${id} is there twice`, at: model.origin })
    seen.add(id)
  }
  const [first, ...rest] = breaches
  if (first) throw new LapidaryError(first, ...rest)
}

interface Scope {
  readonly values: Set<Value>
  readonly outer: Scope | undefined
}

const visible = (value: Value, scope: Scope | undefined): boolean => scope !== undefined && (scope.values.has(value) || visible(value, scope.outer))

class Verifier {
  readonly #breaches: Diagnostic[]
  readonly #where: Origin
  readonly #names = new Map<string, Value>()
  readonly #uses = new Map<Value, number>()
  #depth = 0

  constructor(breaches: Diagnostic[], where: Origin) {
    this.#breaches = breaches
    this.#where = where
  }
  #breach(which: string, message: string, at: Origin = this.#where): void {
    this.#breaches.push({ code: `ir.verify.${which}`, severity: 'error', message, at })
  }

  graph(graph: Graph, outer: Scope | undefined): void {
    const scope: Scope = { values: new Set(), outer }
    this.#depth++
    for (const v of graph.inputs) {
      if (v.inputOf !== graph) this.#breach('link', `input ${v.name} is not of this graph`)
      if (v.producer) this.#breach('producer', `input ${v.name} is made by ${v.producer.node.qualified} too`)
      if (scope.values.has(v)) this.#breach('input', `input ${v.name} is there twice`)
      scope.values.add(v)
      this.#value(v, graph)
    }
    let count = 0
    let previous: Node | undefined
    for (let node = graph.first; node; node = node.next) {
      if (node.graph !== graph) this.#breach('link', `${node.qualified} does not know its graph`, node.origin)
      if (node.previous !== previous) this.#breach('link', `${node.qualified} does not know the node before it`, node.origin)
      previous = node
      if (++count > graph.size) break
      this.#node(node, graph, scope)
    }
    if (count !== graph.size || graph.last !== previous) this.#breach('link', `the graph counts ${graph.size} nodes and has ${count}`)
    graph.outputs.forEach((v, index) => {
      if (!v.isConstant && !visible(v, scope)) this.#breach('output', `output ${v.name} is not made in this graph or around it`)
      if (![...v.uses].some(u => 'graph' in u && u.graph === graph && u.index === index)) this.#breach('use', `${v.name} does not know that it is output ${index}`)
      this.#value(v, graph)
      this.#used(v)
    })
    if (--this.#depth === 0) {
      for (const [v, uses] of this.#uses) if (v.uses.size !== uses) this.#breach('use', `${v.name} counts ${v.uses.size} uses and has ${uses}`)
    }
  }

  #used(value: Value): void {
    this.#uses.set(value, (this.#uses.get(value) ?? 0) + 1)
  }

  #node(node: Node, graph: Graph, scope: Scope): void {
    node.inputs.forEach((v, index) => {
      if (!v) return
      const knows = [...v.uses].some((u: Use) => 'node' in u && u.node === node && u.index === index)
      if (!knows) this.#breach('use', `${v.name} does not know that it is input ${index} of ${node.qualified}`, node.origin)
      if (!v.isConstant && !visible(v, scope)) this.#breach('order', `input ${v.name} of ${node.qualified} is not made before it, or not where it can be seen`, node.origin)
      this.#value(v, graph, node)
      this.#used(v)
    })
    for (const inner of node.subgraphs()) {
      if (inner.owner !== node) this.#breach('owner', `a graph of ${node.qualified} belongs to another node`, node.origin)
      if (inner.names !== graph.names) this.#breach('name', `a graph of ${node.qualified} has names of its own`, node.origin)
      this.graph(inner, scope)
    }
    node.outputs.forEach((v, index) => {
      if (!v) return
      if (v.producer?.node !== node || v.producer.index !== index) this.#breach('producer', `${v.name} does not know that it is output ${index} of ${node.qualified}`, node.origin)
      if (v.inputOf || v.constant) this.#breach('producer', `${v.name} is made by ${node.qualified} and is ${v.constant ? 'a constant' : 'an input'} too`, node.origin)
      scope.values.add(v)
      this.#value(v, graph, node)
    })
  }

  #value(value: Value, graph: Graph, node?: Node): void {
    const at = node?.origin ?? this.#where
    const known = this.#names.get(value.name)
    if (known === value) return
    if (known) this.#breach('name', `two values are called ${value.name}`, at)
    this.#names.set(value.name, value)
    if (value.names !== graph.names) this.#breach('name', `${value.name} is of another model`, at)
    else if (!graph.names.has(value.name)) this.#breach('name', `the name ${value.name} is not taken`, at)
    const { constant, type } = value
    if (!constant) return
    if (type?.kind !== 'tensor' || type.dtype !== constant.dtype) this.#breach('constant', `${value.name} is a constant of ${constant.dtype} and its type says otherwise`, at)
    else if (value.isConstant && !shapeEquals(type.shape, constant.shape)) this.#breach('constant', `${value.name} is a constant of shape [${constant.shape.join()}] and its type says otherwise`, at)
    if (constant.shape.some(d => !Number.isSafeInteger(d) || d < 0)) this.#breach('constant', `${value.name} has the shape [${constant.shape.join()}]`, at)
    else if (constant.byteLength !== byteLengthOf(constant.dtype, elementCount(constant.shape))) this.#breach('constant', `${value.name} of ${constant.dtype}[${constant.shape.join()}] has ${constant.byteLength} bytes`, at)
  }
}
