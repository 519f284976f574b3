import type { DeferredBytes } from '../../proto/message.ts'
import type { Buffer, Model as Root, Operator, SubGraph } from '../../proto/tflite.gen.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { Attributes } from '../../src/ir/attribute.ts'
import { Graph, Model, Node, Value } from '../../src/ir/model.ts'
import { Names } from '../../src/ir/names.ts'
import { inlineTensor } from '../../src/ir/tensor.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import type { ReadContext } from '../../src/spi/format.ts'
import type { FlatTable } from '../../src/wire/flatbuffer.ts'
import { indexInvalid, orderInvalid, subgraphsTooMany } from './diagnostics.ts'
import { noteGrains } from './kit/grain.ts'
import { isVariable } from './kit/states.ts'
import { noteTypes } from './kit/stated-types.ts'
import { metadataText } from './metadata.ts'
import type { TfliteModel } from './model.ts'
import { builtinOf } from './model.ts'
import type { TfliteOperator } from './operator.ts'
import { optionsToAttributes } from './options.ts'
import { sym } from '../../src/ir/dim.ts'
import type { Signature } from './signature.ts'
import { signaturesOf, subgraphOf } from './signature.ts'
import { constantOf, tensorExtra, typeOfTensor, variableOf } from './tensors.ts'
import type { StateVariable } from './variables.ts'
import { liftVariables } from './variables.ts'

/** Control flow within control flow. A subgraph that holds itself would have no end. */
const depthLimit = 32
/** Subgraphs that several operators share are read once for each; more operators than this in all is no model. */
const operatorLimit = 1_000_000

/** What the IR has no place for and a written file gets back; under `extra.tflite` of the model. */
export interface TfliteExtra {
  readonly description?: string
  /** Of the main graph; those of others are under `extra.tflite` of their functions. */
  readonly signatures?: readonly Signature[]
  /** Inputs and outputs that are variables in the file. */
  readonly variables?: readonly StateVariable[]
  /** Metadata that is no text. */
  readonly metadata?: readonly { readonly name: string; readonly data: DeferredBytes }[]
}

/**
 * The model of the first subgraph, or of the signature or subgraph named by `entry`: operators in the domain `tflite`
 * (`tflite.custom` for custom ones), options as attributes, subgraphs that operators name as graph attributes, others as
 * functions of the domain `tflite.subgraph`.
 * Throws `tflite.import.*`.
 */
export function importTflite(source: TfliteModel, { entry }: ReadContext): Model {
  return new Importer(source, entry).model()
}

class Importer {
  readonly #root: Root
  readonly #file: string
  readonly #entry: string | undefined
  readonly #main: number
  readonly #reached: Set<number>
  #operators = 0

  constructor(source: TfliteModel, entry: string | undefined) {
    this.#root = source.root
    this.#file = source.file
    this.#entry = entry
    this.#main = subgraphOf(source.root, source.file, entry)
    this.#reached = new Set([this.#main])
  }

  #origin(path: string): Origin {
    return { format: 'tflite', file: this.#file, path }
  }

  model(): Model {
    const { description, subgraphs = [], operator_codes: codes = [], metadata = [], version = 0 } = this.#root
    const model = new Model(subgraphs[this.#main]?.name ?? '')
    model.origin = this.#origin('')
    model.opsets.set('tflite', version)
    model.producer = { name: description ?? '', version: '' }
    if (codes.length > 0 || subgraphs.length > 0) this.#graph(this.#main, model.graph, 0)
    const bytes: { name: string; data: DeferredBytes }[] = []
    for (const { name = '', buffer = 0 } of metadata) {
      const data = this.#root.buffers?.[buffer]?.data
      const text = metadataText(data)
      if (text !== undefined) model.metadata.set(name, text)
      else if (data !== undefined) bytes.push({ name, data })
    }
    const variables = liftVariables(model)
    const signatures = signaturesOf(this.#root, this.#main, this.#entry)
    model.extra = { tflite: { ...(description !== undefined && { description }), ...(variables.length > 0 && { variables }), ...(signatures.length > 0 && { signatures }), ...(bytes.length > 0 && { metadata: bytes }) } satisfies TfliteExtra }
    for (let i = 0; i < subgraphs.length; i++) {
      if (this.#reached.has(i)) continue
      const name = subgraphs[i]!.name ?? `subgraph_${i}`
      const graph = new Graph(new Names(), name)
      this.#graph(i, graph, 0)
      const own = signaturesOf(this.#root, i)
      const extra = own.length > 0 ? { tflite: { signatures: own } satisfies TfliteExtra } : {}
      model.functions.push({ domain: 'tflite.subgraph', name, overload: '', graph, attributes: [], defaults: {}, opsets: new Map(), doc: '', metadata: new Map(), extra })
    }
    return model
  }

  #graph(index: number, graph: Graph, depth: number): Graph {
    const sub = this.#root.subgraphs?.[index]
    const at = this.#origin(`subgraph ${index}`)
    if (sub === undefined) throw indexInvalid(at, `there is no subgraph ${index}`)
    if (depth > depthLimit) throw subgraphsTooMany(at, `subgraphs lie more than ${depthLimit} deep`)
    this.#reached.add(index)
    const scope = new Scope(this.#root, sub, graph, at)
    for (const i of sub.inputs ?? []) graph.addInput(withNamedSizes(scope.make(i)))
    for (const [i, operator] of (sub.operators ?? []).entries()) {
      if (++this.#operators > operatorLimit) throw subgraphsTooMany(at, `there are more than ${operatorLimit} operators`)
      this.#operator(operator, graph, scope, index, i, depth)
    }
    for (const i of sub.outputs ?? []) graph.addOutput(scope.use(i))
    return graph
  }

  #operator(operator: Operator, graph: Graph, scope: Scope, subgraph: number, position: number, depth: number): void {
    const code = this.#root.operator_codes?.[operator.opcode_index ?? 0]
    const builtin = code && builtinOf(code)
    const name = builtin === 'CUSTOM' ? (code!.custom_code ?? 'CUSTOM') : typeof builtin === 'number' ? `BUILTIN_${builtin}` : (builtin ?? '')
    const origin = this.#origin(`subgraph ${subgraph}, operator ${position} ${name}`)
    if (code === undefined) throw indexInvalid(origin, `there is no operator code ${operator.opcode_index ?? 0}`)
    const graphAt = (index: number) => this.#graph(index, new Graph(graph.names, this.#root.subgraphs?.[index]?.name ?? ''), depth + 1)
    const options = operator.builtin_options2 ?? operator.builtin_options
    let attributes: Attributes = options ? optionsToAttributes(options.type, options.value as FlatTable, graphAt) : {}
    const custom = operator.custom_options
    if (custom) attributes = { ...attributes, custom_options: { type: 'tensor', value: inlineTensor('uint8', [custom.length], custom) } }
    if (builtin === 'CUSTOM' && (code.version ?? 1) !== 1) attributes = { ...attributes, version: { type: 'int', value: code.version! } }
    const node = new Node({
      op: name,
      domain: builtin === 'CUSTOM' ? 'tflite.custom' : 'tflite',
      inputs: (operator.inputs ?? []).map(i => (i < 0 ? undefined : scope.use(i))),
      attributes,
      origin,
    })
    node.extra = { tflite: { version: code.version ?? 1, ...(options && { options: options.type }) } }
    graph.insert(node)
    for (const [i, t] of (operator.outputs ?? []).entries()) node.setOutput(i, t < 0 ? undefined : scope.make(t))
    const states = (operatorOf(node) as TfliteOperator | undefined)?.states?.(node)
    for (const [k, i] of (states?.inputs ?? []).entries()) if (isVariable(node.inputs[i])) node.setOutput(states!.after + k, scope.overwritten(operator.inputs![i]!))
    if (node.domain === 'tflite') {
      noteGrains(node)
      noteTypes(node)
    }
    const first = node.outputs.find(v => v !== undefined)
    if (first) node.name = first.name
  }
}

/** The values of one subgraph's tensors. */
class Scope {
  readonly #root: Root
  readonly #sub: SubGraph
  readonly #graph: Graph
  readonly #at: Origin
  readonly #values = new Map<number, Value>()

  constructor(root: Root, sub: SubGraph, graph: Graph, at: Origin) {
    this.#root = root
    this.#sub = sub
    this.#graph = graph
    this.#at = at
  }

  #create(index: number): { value: Value; buffer: Buffer | undefined } {
    const tensor = this.#sub.tensors?.[index]
    if (tensor === undefined) throw indexInvalid(this.#at, `there is no tensor ${index}`)
    const value = this.#graph.value(tensor.name ?? `tensor_${index}`, typeOfTensor(tensor))
    const extra = tensorExtra(tensor)
    if (extra) value.extra = { tflite: extra }
    this.#values.set(index, value)
    return { value, buffer: this.#root.buffers?.[tensor.buffer ?? 0] }
  }

  /** A tensor that an operator or the caller makes. */
  make(index: number): Value {
    if (this.#values.has(index)) throw orderInvalid(this.#at, `tensor ${index} (${this.#sub.tensors?.[index]?.name ?? ''}) is made twice, or used before it is made`)
    return this.#create(index).value
  }

  /** What a variable holds after an operator has overwritten it: what is read from then on. */
  overwritten(index: number): Value {
    return this.#create(index).value
  }

  /** A tensor that is read. One that nothing makes must be a constant or a variable. */
  use(index: number): Value {
    const known = this.#values.get(index)
    if (known) return known
    const { value, buffer } = this.#create(index)
    const tensor = this.#sub.tensors![index]!
    const constant = constantOf(tensor, buffer?.data, this.#at) ?? variableOf(tensor)
    if (constant === undefined) throw orderInvalid(this.#at, `tensor ${index} (${tensor.name ?? ''}) is used before it is made`)
    value.constant = constant
    return value
  }
}

/** Open sizes of an input go by its name and axis, so that sizes that follow from them can be read. */
function withNamedSizes(value: Value): Value {
  const { type } = value
  if (type?.kind === 'tensor' && type.shape) value.type = { ...type, shape: type.shape.map((d, axis) => (typeof d === 'number' ? d : sym(`${value.name}.${axis}`))) }
  return value
}
