import { invariant } from '../diag/diagnostic.ts'
import type { Origin } from '../diag/origin.ts'
import { nowhere } from '../diag/origin.ts'
import type { Attribute, Attributes } from './attribute.ts'
import type { Dim } from './dim.ts'
import { Names } from './names.ts'
import type { Tensor } from './tensor.ts'
import type { Type } from './types.ts'

/** A place where a value is used: an input of a node, or an output of a graph. */
export type Use = { readonly node: Node; readonly index: number } | { readonly graph: Graph; readonly index: number }

/** What a format carries along and only it understands; keyed by the format's name. Survives a round trip. */
export type Extra = Readonly<Record<string, unknown>>

/**
 * A value: made by a node, given to a graph, or a constant. Identity connects; the name is for people and files, unique
 * in the model and changed only through `Names`.
 */
export class Value {
  readonly names: Names
  #name: string
  type: Type | undefined
  /** The node that makes it and which output it is. */
  producer: { readonly node: Node; readonly index: number } | undefined
  /** The graph it is an input of. */
  inputOf: Graph | undefined
  /** Its value when it never changes. With `inputOf` it is the default of an input that may be left out. */
  constant: Tensor | undefined
  /** The elements of an integer value of rank 0 or 1 as sizes, where inference knows them. */
  elements: readonly Dim[] | undefined
  readonly uses = new Set<Use>()
  doc = ''
  metadata: ReadonlyMap<string, string> = new Map()
  extra: Extra = {}

  constructor(names: Names, name: string, type?: Type) {
    this.names = names
    this.#name = names.take(name)
    this.type = type
  }
  get name(): string {
    return this.#name
  }
  /** Takes the wanted name, or one like it when that is in use. */
  rename(wanted: string): void {
    this.names.free(this.#name)
    this.#name = this.names.take(wanted)
  }
  /** Lets every use be of `other`. */
  replaceBy(other: Value): void {
    invariant(other !== this, `${this.name} replaced by itself`)
    for (const use of [...this.uses]) {
      if ('node' in use) use.node.setInput(use.index, other)
      else use.graph.setOutput(use.index, other)
    }
  }
  /** Constant and not an input that a caller may give. */
  get isConstant(): boolean {
    return this.constant !== undefined && this.inputOf === undefined
  }
}

export interface NodeInit {
  readonly op: string
  readonly domain?: string
  readonly overload?: string
  readonly name?: string
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes?: Attributes
  readonly origin?: Origin
}

const none: readonly Graph[] = []

function graphsIn(attributes: Attributes): readonly Graph[] {
  let graphs = none
  for (const name in attributes) {
    const a = attributes[name]!
    if (a.type === 'graph' || a.type === 'graphs') graphs = graphs.concat(a.value)
  }
  return graphs
}

/** An operator applied. Inputs and outputs that are left out are undefined. */
export class Node {
  op: string
  /** '' is ONNX's own domain. */
  domain: string
  /** Of the model-local function it calls. */
  overload: string
  name: string
  origin: Origin
  doc = ''
  metadata: ReadonlyMap<string, string> = new Map()
  extra: Extra = {}
  graph: Graph | undefined
  next: Node | undefined
  previous: Node | undefined
  #inputs: (Value | undefined)[] = []
  #uses: (Use | undefined)[] = []
  readonly #outputs: (Value | undefined)[] = []
  #attributes: Attributes = {}
  #subgraphs: readonly Graph[] = none

  constructor(init: NodeInit) {
    this.op = init.op
    this.domain = init.domain ?? ''
    this.overload = init.overload ?? ''
    this.name = init.name ?? ''
    this.origin = init.origin ?? nowhere
    init.inputs.forEach((v, i) => this.setInput(i, v))
    this.attributes = init.attributes ?? {}
  }
  get inputs(): readonly (Value | undefined)[] {
    return this.#inputs
  }
  get outputs(): readonly (Value | undefined)[] {
    return this.#outputs
  }
  get attributes(): Attributes {
    return this.#attributes
  }
  set attributes(attributes: Attributes) {
    this.#attributes = attributes
    this.#subgraphs = graphsIn(attributes)
    for (const graph of this.#subgraphs) graph.owner = this
  }
  setAttribute(name: string, value: Attribute | undefined): void {
    const { [name]: _, ...rest } = this.#attributes
    this.attributes = value === undefined ? rest : { ...rest, [name]: value }
  }
  setInput(index: number, value: Value | undefined): void {
    while (this.#inputs.length <= index) {
      this.#inputs.push(undefined)
      this.#uses.push(undefined)
    }
    const old = this.#inputs[index]
    if (old === value) return
    if (old) old.uses.delete(this.#uses[index]!)
    this.#inputs[index] = value
    this.#uses[index] = undefined
    if (value) {
      const use: Use = { node: this, index }
      this.#uses[index] = use
      value.uses.add(use)
    }
  }
  /** Replaces all inputs; the count may change. */
  setInputs(values: readonly (Value | undefined)[]): void {
    for (let i = 0; i < this.#inputs.length; i++) this.setInput(i, undefined)
    this.#inputs.length = 0
    this.#uses.length = 0
    values.forEach((v, i) => this.setInput(i, v))
    this.#inputs.length = values.length
    this.#uses.length = values.length
  }
  /** Makes `value` output `index` of this node. */
  setOutput(index: number, value: Value | undefined): void {
    while (this.#outputs.length <= index) this.#outputs.push(undefined)
    const old = this.#outputs[index]
    if (old?.producer?.node === this) old.producer = undefined
    this.#outputs[index] = value
    if (value) {
      invariant(value.producer === undefined, `${value.name} has two producers`)
      value.producer = { node: this, index }
    }
  }
  trimOutputs(count: number): void {
    for (let i = count; i < this.#outputs.length; i++) this.setOutput(i, undefined)
    this.#outputs.length = Math.min(this.#outputs.length, count)
  }
  /** Graphs held in attributes, in attribute order. */
  subgraphs(): readonly Graph[] {
    return this.#subgraphs
  }
  /** `domain::op`, or `op` alone in ONNX's own domain. */
  get qualified(): string {
    return this.domain === '' ? this.op : `${this.domain}::${this.op}`
  }
}

/** Nodes in an order in which every value is made before it is used. Nodes in it may use values of the graphs around it. */
export class Graph {
  readonly names: Names
  name: string
  doc = ''
  metadata: ReadonlyMap<string, string> = new Map()
  extra: Extra = {}
  /** The node whose attribute this graph is; undefined for the graph of a model or a function. */
  owner: Node | undefined
  #first: Node | undefined
  #last: Node | undefined
  #size = 0
  readonly #inputs: Value[] = []
  readonly #outputs: { value: Value; use: Use }[] = []

  /** A subgraph shares the names of the model it is in. */
  constructor(names: Names, name = '') {
    this.names = names
    this.name = name
  }
  get inputs(): readonly Value[] {
    return this.#inputs
  }
  get outputs(): readonly Value[] {
    return this.#outputs.map(o => o.value)
  }
  get size(): number {
    return this.#size
  }
  /** In order. The node at hand may be removed and others inserted while iterating; those after it are seen. */
  *nodes(): Generator<Node> {
    let node = this.#first
    while (node) {
      const next: Node | undefined = node.next
      yield node
      // a node that was removed has lost its place: go on with what stood after it
      node = node.graph === this ? node.next : next && next.graph === this ? next : undefined
    }
  }
  get last(): Node | undefined {
    return this.#last
  }
  get first(): Node | undefined {
    return this.#first
  }
  /** A new value of this model; not yet an input or made by anything. */
  value(name: string, type?: Type): Value {
    return new Value(this.names, name, type)
  }
  /** A constant value, usable anywhere in the model. */
  constant(tensor: Tensor, name = 'constant'): Value {
    const value = this.value(name, { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape })
    value.constant = tensor
    return value
  }
  addInput(value: Value, at = this.#inputs.length): Value {
    value.inputOf = this
    this.#inputs.splice(at, 0, value)
    return value
  }
  removeInput(value: Value): void {
    invariant(value.uses.size === 0, `input ${value.name} is in use`)
    this.#inputs.splice(this.#inputs.indexOf(value), 1)
    value.inputOf = undefined
  }
  addOutput(value: Value): void {
    this.setOutput(this.#outputs.length, value)
  }
  setOutput(index: number, value: Value): void {
    const old = this.#outputs[index]
    if (old) old.value.uses.delete(old.use)
    const use: Use = { graph: this, index }
    this.#outputs[index] = { value, use }
    value.uses.add(use)
  }
  removeOutput(index: number): void {
    const rest = this.outputs.filter((_, i) => i !== index)
    for (const { value, use } of this.#outputs) value.uses.delete(use)
    this.#outputs.length = 0
    rest.forEach(v => this.addOutput(v))
  }
  /** Puts a node before another, or at the end. */
  insert(node: Node, before?: Node): Node {
    invariant(node.graph === undefined, `${node.op} is in a graph`)
    invariant(before === undefined || before.graph === this, 'the place is in another graph')
    node.graph = this
    node.next = before
    node.previous = before ? before.previous : this.#last
    if (node.previous) node.previous.next = node
    else this.#first = node
    if (before) before.previous = node
    else this.#last = node
    this.#size++
    return node
  }
  /** Takes a node out. Its outputs must be unused; its inputs are let go, and the names of its outputs are free again. */
  remove(node: Node): void {
    for (const v of node.outputs) invariant(!v || v.uses.size === 0, `${v?.name} is in use`)
    this.detach(node)
    for (const v of node.outputs) if (v) this.names.free(v.name)
    for (const graph of node.subgraphs()) graph.clear()
    node.setInputs([])
  }
  /** Takes a node out of the order and leaves its links, so that it can be inserted elsewhere. */
  detach(node: Node): void {
    invariant(node.graph === this, `${node.op} is not in this graph`)
    if (node.previous) node.previous.next = node.next
    else this.#first = node.next
    if (node.next) node.next.previous = node.previous
    else this.#last = node.previous
    node.graph = undefined
    this.#size--
  }
  /** Lets go of everything. */
  clear(): void {
    for (const { value, use } of this.#outputs) value.uses.delete(use)
    this.#outputs.length = 0
    while (this.#last) this.remove(this.#last)
  }
  /** Its nodes and those of all graphs inside it, outer before inner. */
  *allNodes(): Generator<Node> {
    let node = this.#first
    while (node) {
      const next: Node | undefined = node.next
      yield node
      if (node.subgraphs().length > 0) for (const graph of node.subgraphs()) yield* graph.allNodes()
      node = node.graph === this ? node.next : next && next.graph === this ? next : undefined
    }
  }
}

/** A function of the model's own: called by a node of its domain, name and overload. */
export interface Function {
  readonly domain: string
  readonly name: string
  readonly overload: string
  readonly graph: Graph
  /** Attributes without a default, by name. */
  readonly attributes: readonly string[]
  readonly defaults: Attributes
  /** Versions as the file has them; the body is at the pinned ones. */
  readonly opsets: ReadonlyMap<string, number>
  readonly doc: string
  readonly metadata: ReadonlyMap<string, string>
  readonly extra: Extra
}

/** A model: operators have the meaning of ONNX's pinned opset (see src/ops). */
export class Model {
  readonly names = new Names()
  readonly graph: Graph
  functions: Function[] = []
  /** Versions of operator sets as the source has them, by domain; what an exporter goes back to unless told otherwise. */
  opsets = new Map<string, number>()
  producer = { name: '', version: '' }
  domain = ''
  version: number | bigint = 0
  doc = ''
  metadata = new Map<string, string>()
  extra: Extra = {}
  /** What it was read from, for messages. */
  origin: Origin = nowhere

  constructor(name = '') {
    this.graph = new Graph(this.names, name)
  }
  /** The main graph's nodes and those of all graphs inside it. Functions' bodies are not among them. */
  allNodes(): Generator<Node> {
    return this.graph.allNodes()
  }
}
