import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from '../../proto/onnx.gen.ts'
import type { Log } from '../../src/diag/diagnostic.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { Graph, Value } from '../../src/ir/model.ts'
import { Graph as GraphOf, Node } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, int64Tensor, stringTensor } from '../../src/ir/tensor.ts'
import { importAttributes } from './attributes.ts'
import { cyclic, nameTaken, notSorted, valueUndefined } from './diagnostics.ts'
import type { OnnxModel } from './model.ts'
import { carried, carry } from './model.ts'
import { entriesMap } from './entries.ts'
import { circleOf, orderOf } from './order.ts'
import { denseTensor, importSparse, importTensor } from './tensors.ts'
import { importType, saysMore } from './types.ts'

/** ONNX's own domain has two names. */
export const domainOf = (domain: string | undefined): string => (domain === 'ai.onnx' ? '' : (domain ?? ''))

export interface GraphContext {
  readonly model: OnnxModel
  readonly log: Log
  /** Initializers that are inputs too are constants, not defaults: so in files before IR version 4. */
  readonly fixedInitializers: boolean
}

/** Names that can be seen at a place, from the innermost graph outward. */
export interface Scope {
  readonly values: Map<string, Value>
  readonly outer: Scope | undefined
}

const lookup = (scope: Scope | undefined, name: string): Value | undefined => (scope === undefined ? undefined : (scope.values.get(name) ?? lookup(scope.outer, name)))

/** Fills an empty graph with what a GraphProto says. `path` leads messages to it. */
export function importGraph(graph: Graph, proto: GraphProto, outer: Scope | undefined, path: string, ctx: GraphContext): void {
  const at: Origin = { format: 'onnx', file: ctx.model.file, path }
  const scope: Scope = { values: new Map(), outer }
  graph.doc = proto.docString ?? ''
  graph.metadata = entriesMap(proto.metadataProps)
  graph.extra = carry({ unknown: proto.unknown })
  const initialized = new Set([...proto.initializer.map(t => t.name ?? ''), ...proto.sparseInitializer.map(t => t.values?.name ?? '')])
  for (const info of proto.input) {
    const name = info.name ?? ''
    if (name === '') throw valueUndefined(at, 'an input has no name')
    const value = define(graph, scope, name, at)
    if (!(ctx.fixedInitializers && initialized.has(name))) graph.addInput(value)
    describe(value, info, at)
  }
  for (const tensor of proto.initializer) addInitializer(graph, scope, tensor.name ?? '', importTensor(tensor, ctx.model, at), tensor, at)
  for (const sparse of proto.sparseInitializer) {
    const content = importSparse(sparse, ctx.model, at)
    const value = addInitializer(graph, scope, sparse.values?.name ?? '', denseTensor(content, at), sparse.values!, at)
    value.extra = carry({ ...carried(value.extra), sparse: content, sparseOf: value.constant!.key })
  }
  importNodes(graph, proto.node, scope, path, ctx)
  for (const info of proto.output) {
    const value = lookup(scope, info.name ?? '')
    if (value === undefined) throw valueUndefined(at, `output ${JSON.stringify(info.name ?? '')} is not made by anything`)
    if (!value.constant || value.type === undefined) describe(value, info, at)
    graph.addOutput(value)
  }
  for (const info of proto.valueInfo) {
    const value = scope.values.get(info.name ?? '')
    if (value === undefined || value.inputOf || value.constant || carried(value.extra)['info']) continue
    describe(value, info, at)
    value.extra = carry({ ...carried(value.extra), info: true })
  }
  for (const annotation of proto.quantizationAnnotation) {
    const value = scope.values.get(annotation.tensorName ?? '')
    if (value) value.extra = carry({ ...carried(value.extra), quantization: annotation })
  }
}

/** Adds the nodes of a graph or a function's body in an order that holds. */
export function importNodes(graph: Graph, protos: readonly NodeProto[], scope: Scope, path: string, ctx: GraphContext): void {
  const at: Origin = { format: 'onnx', file: ctx.model.file, path }
  for (const proto of protos) for (const name of proto.output) if (name !== '') define(graph, scope, name, at)
  const order = orderOf(protos)
  if (order === undefined) throw cyclic(at, `nodes use each other in a circle: ${circleOf(protos).join(', ')}`)
  if (order.some((from, to) => from !== to)) ctx.log.add(notSorted(at))
  for (const i of order) importNode(graph, protos[i]!, i, scope, path, ctx)
}

function importNode(graph: Graph, proto: NodeProto, index: number, scope: Scope, path: string, ctx: GraphContext): void {
  const op = proto.opType ?? ''
  const name = proto.name ?? ''
  const own = (path === '' ? '' : `${path}/`) + (name === '' ? `node ${index} (${op})` : name)
  const origin: Origin = { format: 'onnx', file: ctx.model.file, path: own, ...(proto.at && { bytes: proto.at }) }
  const domain = domainOf(proto.domain)
  const outputs = proto.output.map(o => (o === '' ? undefined : scope.values.get(o)!))
  const { attributes, more } = importAttributes(proto.attribute, {
    model: ctx.model,
    at: origin,
    graph(inner, attribute) {
      const sub = new GraphOf(graph.names, inner.name ?? '')
      importGraph(sub, inner, scope, `${own}/${attribute}`, ctx)
      return sub
    },
  })
  if (op === 'Constant' && domain === '' && outputs.length === 1 && outputs[0]) {
    const tensor = constantOf(attributes)
    if (tensor) {
      outputs[0].constant = tensor
      outputs[0].type = { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }
      outputs[0].doc = proto.docString ?? ''
      outputs[0].metadata = entriesMap(proto.metadataProps)
      return
    }
  }
  const inputs = proto.input.map(i => {
    if (i === '') return undefined
    const value = lookup(scope, i)
    if (value === undefined) throw valueUndefined(origin, `input ${JSON.stringify(i)} of ${own} is not made by anything`)
    return value
  })
  while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop()
  const node = new Node({ op, domain, overload: proto.overload ?? '', name, inputs, attributes, origin })
  node.doc = proto.docString ?? ''
  node.metadata = entriesMap(proto.metadataProps)
  node.extra = carry({ unknown: proto.unknown, attributes: more, devices: proto.deviceConfigurations.length > 0 ? proto.deviceConfigurations : undefined })
  graph.insert(node)
  outputs.forEach((v, i) => node.setOutput(i, v))
}

/** The tensor of a Constant node; undefined when it is said in a way that stays a node (a reference, a sparse tensor). */
function constantOf(attributes: Node['attributes']): Tensor | undefined {
  const [entry, ...others] = Object.entries(attributes)
  if (entry === undefined || others.length > 0) return undefined
  const [name, a] = entry
  if (name === 'value' && a.type === 'tensor') return a.value
  if (name === 'value_int' && a.type === 'int') return int64Tensor([a.value], [])
  if (name === 'value_ints' && a.type === 'ints') return int64Tensor(a.value)
  if (name === 'value_float' && a.type === 'float') return float32Tensor([a.value], [])
  if (name === 'value_floats' && a.type === 'floats') return float32Tensor(a.value)
  if (name === 'value_string' && a.type === 'string' && typeof a.value === 'string') return stringTensor([], [a.value])
  if (name === 'value_strings' && a.type === 'strings' && a.value.every(s => typeof s === 'string')) return stringTensor([a.value.length], a.value)
  return undefined
}

function define(graph: Graph, scope: Scope, name: string, at: Origin): Value {
  if (scope.values.has(name)) throw nameTaken(at, `the name ${JSON.stringify(name)} is given to two values`)
  const value = graph.value(name)
  scope.values.set(name, value)
  return value
}

function addInitializer(graph: Graph, scope: Scope, name: string, tensor: Tensor, proto: TensorProto, at: Origin): Value {
  if (name === '') throw valueUndefined(at, 'an initializer has no name')
  const known = scope.values.get(name)
  if (known?.constant) throw nameTaken(at, `two initializers are called ${JSON.stringify(name)}`)
  const value = known ?? define(graph, scope, name, at)
  value.constant = tensor
  value.type ??= { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }
  if (value.inputOf === undefined) {
    value.type = { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }
    value.doc = proto.docString ?? value.doc
    if (proto.metadataProps.length > 0) value.metadata = entriesMap(proto.metadataProps)
  }
  if (proto.unknown) value.extra = carry({ ...carried(value.extra), tensorUnknown: proto.unknown })
  return value
}

function describe(value: Value, info: ValueInfoProto, at: Origin): void {
  value.type = importType(info.type, { ...at, path: value.name }) ?? value.type
  value.doc = info.docString ?? ''
  value.metadata = entriesMap(info.metadataProps)
  const more = carry({ ...carried(value.extra), type: saysMore(info.type) ? info.type : undefined, unknown: info.unknown })
  value.extra = more
}

