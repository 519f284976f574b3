import type { UnknownField } from '../../proto/message.ts'
import type { GraphProto, NodeProto, SparseTensorProto, TensorAnnotation, TensorProto } from '../../proto/onnx.gen.ts'
import type { SparseTensor } from '../../src/ir/attribute.ts'
import type { Graph, Node, Value } from '../../src/ir/model.ts'
import { Names } from '../../src/ir/names.ts'
import { entryList } from './entries.ts'
import { exportAttributes, exportSparse, exportTensor, message } from './export-attributes.ts'
import { exportValueInfo } from './export-types.ts'
import { carried } from './model.ts'

const unknownOf = (extra: Readonly<Record<string, unknown>>, key = 'unknown'): { unknown?: UnknownField[] } => {
  const unknown = carried(extra)[key] as UnknownField[] | undefined
  return unknown ? { unknown } : {}
}

/** Contents below this many bytes are not worth telling apart from equal ones. */
const sharedFrom = 64

/** Where constants of a scope are gathered: as initializers of the outermost graph, or as nodes in a function. */
export interface Store {
  name(value: Value): string
  /** Names for values that only the file has. */
  fresh(wanted: string): string
}

/** Constants of a model: initializers of its main graph; of equal large ones only the first. */
export class Initializers implements Store {
  readonly tensors: TensorProto[] = []
  readonly sparse: SparseTensorProto[] = []
  readonly #named = new Map<Value, string>()
  readonly #equal = new Map<string, string>()
  readonly #graph: Graph
  readonly fresh: (wanted: string) => string

  constructor(graph: Graph, fresh: (wanted: string) => string) {
    this.#graph = graph
    this.fresh = fresh
  }
  name(value: Value): string {
    if (value.constant === undefined || (value.inputOf && value.inputOf !== this.#graph)) return value.name
    const known = this.#named.get(value)
    if (known !== undefined) return known
    const { constant } = value
    const plain = value.inputOf === undefined && ![...value.uses].some(u => 'graph' in u) && Object.keys(value.extra).length === 0
    const key = `${constant.dtype}[${constant.shape.join()}]${constant.key}`
    const equal = plain && constant.byteLength > sharedFrom ? this.#equal.get(key) : undefined
    this.#named.set(value, equal ?? value.name)
    if (equal !== undefined) return equal
    this.#equal.set(key, value.name)
    const { sparse, sparseOf } = carried(value.extra)
    if (sparse !== undefined && sparseOf === constant.key) this.sparse.push(exportSparse(sparse as SparseTensor, value.name))
    else {
      const tensor = exportTensor(constant, value.name)
      if (value.inputOf === undefined) {
        if (value.doc !== '') tensor.docString = value.doc
        tensor.metadataProps = entryList(value.metadata)
      }
      this.tensors.push(Object.assign(tensor, unknownOf(value.extra, 'tensorUnknown')))
    }
    return value.name
  }
}

/** Constants of a function, which has no initializers: Constant nodes before their first use. */
export class ConstantNodes implements Store {
  readonly nodes: NodeProto[] = []
  readonly #named = new Set<Value>()
  readonly fresh: (wanted: string) => string
  constructor(fresh: (wanted: string) => string) {
    this.fresh = fresh
  }
  name(value: Value): string {
    if (value.isConstant && !this.#named.has(value)) {
      this.#named.add(value)
      const attribute = exportAttributes({ value: { type: 'tensor', value: value.constant! } }, () => message<GraphProto>('GraphProto', {}))
      this.nodes.push(message<NodeProto>('NodeProto', { output: [value.name], opType: 'Constant', attribute }))
    }
    return value.name
  }
}

const trimmed = (names: readonly string[]): string[] => names.slice(0, names.findLastIndex(n => n !== '') + 1)

/** The NodeProto of a node; its constants go to the store. */
export function exportNode(node: Node, store: Store): NodeProto {
  const more = carried(node.extra)
  const input = trimmed(node.inputs.map(v => (v ? store.name(v) : '')))
  return message<NodeProto>('NodeProto', {
    input,
    output: trimmed(node.outputs.map(v => v?.name ?? '')),
    ...(node.name !== '' && { name: node.name }),
    opType: node.op,
    ...(node.domain !== '' && { domain: node.domain }),
    ...(node.overload !== '' && { overload: node.overload }),
    attribute: exportAttributes(node.attributes, g => exportSubgraph(g, store), more['attributes'] as Record<string, unknown> | undefined),
    ...(node.doc !== '' && { docString: node.doc }),
    metadataProps: entryList(node.metadata),
    ...(more['devices'] !== undefined && { deviceConfigurations: more['devices'] as NodeProto['deviceConfigurations'] }),
    ...unknownOf(node.extra),
  })
}

/** Nodes and signature of a graph, without its constants. */
export function exportBody(graph: Graph, store: Store, outputs: (value: Value, node: NodeProto[]) => string): GraphProto {
  const node: NodeProto[] = []
  const taken = new Names()
  const gathered = store instanceof ConstantNodes ? store.nodes : undefined
  const valueInfo: GraphProto['valueInfo'] = []
  const output = graph.outputs
  for (const one of graph.nodes()) {
    const proto = exportNode(one, store)
    // runtimes refuse a graph in which two nodes share a name
    if (proto.name !== undefined) proto.name = taken.take(proto.name)
    if (gathered) node.push(...gathered.splice(0))
    node.push(proto)
    for (const v of one.outputs) if (v && v.type && carried(v.extra)['info'] && !output.includes(v)) valueInfo.push(exportValueInfo(v))
  }
  const named = output.map(v => exportValueInfo(v, outputs(v, node)))
  const values = [...graph.inputs, ...[...graph.nodes()].flatMap(n => [...n.inputs, ...n.outputs])]
  const annotations = new Set(values.flatMap(v => (v && carried(v.extra)['quantization'] !== undefined ? [carried(v.extra)['quantization'] as TensorAnnotation] : [])))
  return message<GraphProto>('GraphProto', {
    node,
    ...(graph.name !== '' && { name: graph.name }),
    ...(graph.doc !== '' && { docString: graph.doc }),
    input: graph.inputs.map(v => exportValueInfo(v)),
    output: named,
    valueInfo,
    quantizationAnnotation: [...annotations],
    metadataProps: entryList(graph.metadata),
    ...unknownOf(graph.extra),
  })
}

/**
 * A graph inside a node. Its outputs are made in it, each its own: what comes from outside, what is constant and what is
 * given out twice goes through an Identity.
 */
export function exportSubgraph(graph: Graph, store: Store): GraphProto {
  const given = new Set<Value>()
  const proto = exportBody(graph, store, (value, nodes) => {
    const own = (value.producer?.node.graph === graph || (value.inputOf === graph && !value.constant)) && !given.has(value)
    given.add(value)
    if (own) return value.name
    const name = store.fresh(`${value.name}_out`)
    const input = store.name(value)
    if (store instanceof ConstantNodes) nodes.push(...store.nodes.splice(0))
    nodes.push(message<NodeProto>('NodeProto', { input: [input], output: [name], opType: 'Identity' }))
    return name
  })
  // a graph needs a name to be valid
  proto.name ??= 'graph'
  return proto
}
