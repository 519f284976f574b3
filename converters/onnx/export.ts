import type { UnknownField } from '../../proto/message.ts'
import type { FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto } from '../../proto/onnx.gen.ts'
import { LapidaryError } from '../../src/diag/diagnostic.ts'
import { cloneGraph } from '../../src/ir/clone.ts'
import type { DType } from '../../src/ir/dtype.ts'
import type { Function, Graph, Node, Value } from '../../src/ir/model.ts'
import { Model } from '../../src/ir/model.ts'
import type { Type } from '../../src/ir/types.ts'
import { decomposeNode } from '../../src/legalize/convert.ts'
import { inferGraph } from '../../src/ops/infer.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import { countAxesFromFront } from '../../src/ops/front-axes.ts'
import { formMisfit } from '../../src/ops/forms.ts'
import { downgradeGraph, pinnedOpsets, versionsOf } from '../../src/ops/versions.ts'
import { widenGraph } from '../../src/ops/widen.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import type { ExportContext } from '../../src/spi/format.ts'
import { exportRefused } from './diagnostics.ts'
import { entryList } from './entries.ts'
import { exportAttributes, message } from './export-attributes.ts'
import { checkForms } from './forms.ts'
import { ConstantNodes, Initializers, exportBody, exportNode, exportSubgraph } from './export-graph.ts'
import { exportValueInfo } from './export-types.ts'
import type { OnnxModel } from './model.ts'
import { carried } from './model.ts'
import { irVersionFor, laterOpsets, oldestOpset, usualOpset } from './opsets.ts'

/**
 * The ONNX file that says a model, at the operator set asked for, else at the one it was read with, else at
 * `usualOpset` or the first of a few later ones that can say it. The model stays as it is. Throws `onnx.export.*`, and
 * `ops.version.unsayable` with every node that the operator set can't say.
 */
export function exportOnnx(model: Model, ctx: ExportContext): OnnxModel {
  if (ctx.opset !== undefined || model.opsets.has('')) return exportAt(model, ctx.opset)
  let first: unknown
  for (const opset of [usualOpset, ...laterOpsets]) {
    try {
      return exportAt(model, opset)
    } catch (error) {
      if (!(error instanceof LapidaryError) || error.code !== 'ops.version.unsayable') throw error
      first ??= error
    }
  }
  throw first
}

function exportAt(model: Model, asked: number | undefined): OnnxModel {
  const own = model.opsets.get('')
  const opset = asked ?? Math.max(own!, oldestOpset)
  const newest = pinnedOpsets['']!
  if (!Number.isInteger(opset) || opset < oldestOpset || (opset > newest && opset !== own)) {
    throw exportRefused('opset', model.origin, `operator set ${opset} can't be written`, `Ask for one from ${oldestOpset} to ${newest}.`)
  }
  const isOnnx = model.origin.format === 'onnx'
  const opsets = new Map([...model.opsets].filter(([domain]) => domain !== '' && (isOnnx || domain !== model.origin.format)))
  opsets.set('', opset)
  const local = new Set(model.functions.map(f => `${f.domain}::${f.name}`))
  const isCall = (node: Node): boolean => local.has(`${node.domain}::${node.op}`)
  // operators of another format's domain, known here by their files
  const isForeign = (node: Node): boolean => !opsets.has(node.domain) && pinnedOpsets[node.domain] === undefined && !isCall(node) && operatorOf(node) !== undefined
  for (const graph of [model.graph, ...model.functions.map(f => f.graph)]) {
    for (const node of graph.allNodes()) {
      if (!opsets.has(node.domain) && !isForeign(node)) opsets.set(node.domain, pinnedOpsets[node.domain] ?? 1)
    }
  }
  const graph = inVersion(model.graph, opsets, isCall, isForeign, opset !== own)
  // what came at this operator set goes back as it came, however odd
  if (opset !== own) checkForms(graph, opsets, isCall)
  const fresh = freshNames(graph)
  const store = new Initializers(graph, fresh)
  const given = new Set<Value>()
  const main = exportBody(graph, store, (value, nodes) => {
    const name = store.name(value)
    if (!given.has(value)) {
      given.add(value)
      return name
    }
    const copy = fresh(`${value.name}_out`)
    nodes.push(message<NodeProto>('NodeProto', { input: [name], output: [copy], opType: 'Identity' }))
    return copy
  })
  for (const v of graph.inputs) store.name(v)
  main.initializer = store.tensors
  main.sparseInitializer = store.sparse
  main.name ??= 'graph'

  const functions = model.functions.map(f => exportFunction(f, asked === undefined ? undefined : opset, isCall))
  const more = carried(model.extra)
  const irVersion = Math.max(irVersionFor(opset), featureVersion(model), opset === own ? Number(more['irVersion'] ?? 0) : 0)
  const producer = model.producer.name === '' && !isOnnx ? { name: 'lapidary', version: '' } : model.producer
  const proto = message<ModelProto>('ModelProto', {
    irVersion,
    opsetImport: opsetList(opsets),
    ...(producer.name !== '' && { producerName: producer.name }),
    ...(producer.version !== '' && { producerVersion: producer.version }),
    ...(model.domain !== '' && { domain: model.domain }),
    ...(model.version !== 0 && { modelVersion: model.version }),
    ...(model.doc !== '' && { docString: model.doc }),
    graph: main,
    metadataProps: entryList(model.metadata),
    trainingInfo: (more['trainingInfo'] as ModelProto['trainingInfo'] | undefined) ?? [],
    functions,
    configuration: (more['configuration'] as ModelProto['configuration'] | undefined) ?? [],
    ...(more['unknown'] !== undefined && { unknown: more['unknown'] as UnknownField[] }),
  })
  return { proto, file: `${main.name}.onnx`, external: new Map(), resident: new Map() }
}

/** ONNX's own domain first, the others in the order of their names. */
const opsetList = (opsets: ReadonlyMap<string, number>): OperatorSetIdProto[] =>
  [...opsets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([domain, version]) => (domain === '' ? { version } : { domain, version }))

/** How deep decompositions may go before they are taken to be circular. */
const deepest = 32

/** The graph at these versions and without foreign operators: itself when it is so already, else a copy. `refit`: element types too. */
function inVersion(graph: Graph, opsets: ReadonlyMap<string, number>, skip: (node: Node) => boolean, isForeign: (node: Node) => boolean, refit: boolean): Graph {
  let changes = false
  for (const node of graph.allNodes()) {
    if (isForeign(node)) changes = true
    const opset = opsets.get(node.domain)
    if (opset === undefined || skip(node)) continue
    const downgrade = operatorOf(node)?.downgrade
    if (typeof node.extra['opset'] === 'number' || versionsOf(node.op, node.domain).some((v, i) => v > opset && (i === 0 || downgrade?.[v]))) changes = true
    else if (refit && (opset < 11 || formMisfit(node, opset) !== undefined)) changes = true
  }
  if (!changes) return graph
  const model = new Model(graph.name)
  const copy = cloneGraph(graph, model.graph)
  const foreign = [...copy.allNodes()].some(isForeign)
  if (foreign) inferGraph(copy)
  for (let sweep = 0; sweep <= deepest; sweep++) {
    // from the end, while what comes before still has the types it was inferred to have
    for (const node of [...copy.allNodes()].filter(isForeign).reverse()) {
      const made = sweep === deepest ? undefined : decomposeNode(node)
      if (!Array.isArray(made)) throw exportRefused('operator', node.origin, `${node.qualified} is not an operator of ONNX and has no form in its operators${typeof made === 'string' ? `: ${made}` : ''}`)
    }
  }
  // decompositions leave arithmetic on constants and transposes that cancel
  if (foreign) optimize(model)
  downgradeGraph(copy, opsets, skip)
  if (refit) {
    widenGraph(copy, opsets, skip)
    if (opsets.get('')! < 11) countAxesFromFront(copy, skip)
  }
  return copy
}

function freshNames(graph: Graph): (wanted: string) => string {
  const made = new Set<string>()
  return wanted => {
    let name = wanted
    for (let n = 1; graph.names.has(name) || made.has(name); n++) name = `${wanted}_${n}`
    made.add(name)
    return name
  }
}

function exportFunction(f: Function, opset: number | undefined, isCall: (node: Node) => boolean): FunctionProto {
  const opsets = new Map(f.opsets)
  if (opset !== undefined && opsets.has('')) opsets.set('', opset)
  const graph = inVersion(f.graph, opsets, isCall, () => false, false)
  const store = new ConstantNodes(freshNames(graph))
  const node: NodeProto[] = []
  for (const one of graph.nodes()) {
    const proto = exportNode(one, store)
    node.push(...store.nodes.splice(0), proto)
  }
  const output = graph.outputs.map(v => store.name(v))
  node.push(...store.nodes.splice(0))
  const sub = (g: Graph): GraphProto => exportSubgraph(g, store)
  const informed = [...graph.nodes()].flatMap(n => n.outputs).filter((v): v is Value => v !== undefined && v.type !== undefined && carried(v.extra)['info'] !== undefined)
  return message<FunctionProto>('FunctionProto', {
    name: f.name,
    ...(f.domain !== '' && { domain: f.domain }),
    ...(f.overload !== '' && { overload: f.overload }),
    input: graph.inputs.map(v => v.name),
    output,
    attribute: [...f.attributes],
    attributeProto: exportAttributes(f.defaults, sub),
    node,
    ...(f.doc !== '' && { docString: f.doc }),
    opsetImport: opsetList(opsets),
    valueInfo: informed.map(v => exportValueInfo(v)),
    metadataProps: entryList(f.metadata),
    ...(carried(f.extra)['unknown'] !== undefined && { unknown: carried(f.extra)['unknown'] as UnknownField[] }),
  })
}

const dtypeVersions: Readonly<Partial<Record<DType, number>>> = {
  float8e4m3fn: 9, float8e4m3fnuz: 9, float8e5m2: 9, float8e5m2fnuz: 9, int4: 10, uint4: 10, float4e2m1: 11, float8e8m0: 12, int2: 13, uint2: 13, float6e2m3: 14, float6e3m2: 14,
}

/** The IR version that the model's parts ask for. */
function featureVersion(model: Model): number {
  let version = model.functions.length > 0 ? 8 : 0
  const need = (v: number | undefined): void => {
    version = Math.max(version, v ?? 0)
  }
  const ofType = (type: Type | undefined): void => {
    if (type?.kind === 'tensor' || type?.kind === 'sparse') need(dtypeVersions[type.dtype])
    else if (type) ofType(type.of)
    if (type?.kind === 'optional') need(8)
  }
  if (model.functions.some(f => f.overload !== '')) need(10)
  if (carried(model.extra)['configuration']) need(11)
  for (const v of model.graph.inputs) ofType(v.type)
  for (const node of model.allNodes()) {
    for (const v of [...node.inputs, ...node.outputs]) ofType(v?.type)
    if (node.overload !== '' || node.metadata.size > 0) need(10)
  }
  return version
}
