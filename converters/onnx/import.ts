import type { FunctionProto, OperatorSetIdProto } from '../../proto/onnx.gen.ts'
import { pinnedOpsets } from '../../proto/onnx-versions.gen.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { Function } from '../../src/ir/model.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import { Names } from '../../src/ir/names.ts'
import { upgradeGraph } from '../../src/ops/versions.ts'
import type { ReadContext } from '../../src/spi/format.ts'
import { importAttributes } from './attributes.ts'
import { functionInvalid, opsetMissing, opsetNewer, valueUndefined } from './diagnostics.ts'
import { entriesMap } from './entries.ts'
import { replaceExperimental } from './experimental.ts'
import { expandGradients } from './gradient.ts'
import type { GraphContext, Scope } from './import-graph.ts'
import { domainOf, importGraph, importNodes } from './import-graph.ts'
import type { OnnxModel } from './model.ts'
import { carry } from './model.ts'
import { importType } from './types.ts'

/**
 * The model that an ONNX file says, its operators upgraded to the pinned operator set. A node that has no form there is
 * carried as it is, with a warning. Throws `onnx.import.*`.
 */
export function importOnnx(source: OnnxModel, { log }: ReadContext): Model {
  const { proto, file } = source
  const at: Origin = { format: 'onnx', file, path: '' }
  const irVersion = Number(proto.irVersion ?? 1)
  const model = new Model(proto.graph?.name ?? '')
  model.origin = at
  model.opsets = opsetsOf(proto.opsetImport, irVersion)
  model.producer = { name: proto.producerName ?? '', version: proto.producerVersion ?? '' }
  model.domain = proto.domain ?? ''
  model.version = proto.modelVersion ?? 0
  model.doc = proto.docString ?? ''
  model.metadata = entriesMap(proto.metadataProps)
  model.extra = carry({
    irVersion,
    unknown: proto.unknown,
    trainingInfo: proto.trainingInfo.length > 0 ? proto.trainingInfo : undefined,
    configuration: proto.configuration.length > 0 ? proto.configuration : undefined,
  })
  const ctx: GraphContext = { model: source, log, fixedInitializers: irVersion < 4 }
  importGraph(model.graph, proto.graph!, undefined, '', ctx)
  model.functions = proto.functions.map(f => importFunction(f, ctx, at))
  const ids = model.functions.map(f => JSON.stringify([f.domain, f.name, f.overload]))
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined) throw functionInvalid(at, `function ${twice} is defined twice`)

  const own = new Set(model.functions.map(f => `${f.domain}::${f.name}`))
  for (const [graph, opsets] of [[model.graph, model.opsets] as const, ...model.functions.map(f => [f.graph, f.opsets] as const)]) {
    for (const [domain, version] of opsets) {
      const known = pinnedOpsets[domain]
      if (known !== undefined && version > known) log.add(opsetNewer(at, domain, version, known))
    }
    if (!opsets.has('')) {
      for (const node of graph.allNodes()) if (node.domain === '' && !own.has(`::${node.op}`)) throw opsetMissing(node.origin, `the model does not say which version of ai.onnx ${node.op} is of`)
    }
    upgradeGraph(
      graph,
      opsets,
      node => own.has(`${node.domain}::${node.op}`),
      error => log.add({ ...error.diagnostics[0]!, severity: 'warning', code: 'onnx.import.kept-old', help: 'The node is carried as it is; it can be written back, not run.' }),
    )
    replaceExperimental(graph, node => own.has(`::${node.op}`))
    expandGradients(graph)
  }
  return model
}

function opsetsOf(imports: readonly OperatorSetIdProto[], irVersion: number): Map<string, number> {
  const opsets = new Map<string, number>()
  for (const { domain, version } of imports) opsets.set(domainOf(domain), Math.max(Number(version ?? 0), opsets.get(domainOf(domain)) ?? 0))
  if (irVersion < 3 && !opsets.has('')) opsets.set('', 1)
  return opsets
}

function importFunction(proto: FunctionProto, ctx: GraphContext, at: Origin): Function {
  const domain = domainOf(proto.domain)
  const name = proto.name ?? ''
  const path = `function ${domain === '' ? '' : `${domain}::`}${name}`
  const graph = new Graph(new Names(), name)
  const scope: Scope = { values: new Map(), outer: undefined }
  const where: Origin = { ...at, path, ...(proto.at && { bytes: proto.at }) }
  for (const input of proto.input) {
    if (input === '' || scope.values.has(input)) throw functionInvalid(where, `input ${JSON.stringify(input)} of ${path} has no name of its own`)
    const value = graph.value(input)
    scope.values.set(input, value)
    graph.addInput(value)
  }
  importNodes(graph, proto.node, scope, path, ctx)
  for (const output of proto.output) {
    const value = scope.values.get(output)
    if (value === undefined) throw valueUndefined(where, `output ${JSON.stringify(output)} of ${path} is not made by anything`)
    graph.addOutput(value)
  }
  for (const info of proto.valueInfo) {
    const value = scope.values.get(info.name ?? '')
    if (value && !value.constant) {
      value.type = importType(info.type, where)
      value.extra = carry({ info: true })
    }
  }
  const { attributes: defaults } = importAttributes(proto.attributeProto, {
    model: ctx.model,
    at: where,
    graph(inner, attribute) {
      const sub = new Graph(graph.names, inner.name ?? '')
      importGraph(sub, inner, undefined, `${path}/${attribute}`, ctx)
      return sub
    },
  })
  return {
    domain,
    name,
    overload: proto.overload ?? '',
    graph,
    attributes: proto.attribute,
    defaults,
    opsets: opsetsOf(proto.opsetImport, 3),
    doc: proto.docString ?? '',
    metadata: entriesMap(proto.metadataProps),
    extra: carry({ unknown: proto.unknown }),
  }
}
