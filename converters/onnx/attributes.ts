import type { Payload } from '../../proto/message.ts'
import type { AttributeProto, GraphProto } from '../../proto/onnx.gen.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { Attribute, Attributes } from '../../src/ir/attribute.ts'
import type { Graph } from '../../src/ir/model.ts'
import { attributeInvalid } from './diagnostics.ts'
import type { Carried, OnnxModel } from './model.ts'
import { importSparse, importTensor } from './tensors.ts'
import { importType } from './types.ts'

/** ONNX's numbers of attribute types. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse: 11,
  sparses: 12,
  type: 13,
  types: 14,
} as const satisfies Readonly<Record<Exclude<Attribute['type'], 'reference'>, number>>

type Kind = keyof typeof attributeTypes

const kinds = new Map<number, Kind>(Object.entries(attributeTypes).map(([name, number]) => [number, name as Kind]))

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text when the bytes are UTF-8, else the bytes. */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return strict.decode(bytes)
  } catch {
    return bytes
  }
}

/** The kind by the fields that are set, as files of IR version 1 leave it to be told. */
function kindBySight(a: AttributeProto): Kind | undefined {
  if (a.f !== undefined) return 'float'
  if (a.i !== undefined) return 'int'
  if (a.s !== undefined) return 'string'
  if (a.t !== undefined) return 'tensor'
  if (a.g !== undefined) return 'graph'
  if (a.tp !== undefined) return 'type'
  if (a.sparseTensor !== undefined) return 'sparse'
  const lists = { floats: a.floats, ints: a.ints, strings: a.strings, tensors: a.tensors, graphs: a.graphs, types: a.typeProtos, sparses: a.sparseTensors }
  return (Object.keys(lists) as (keyof typeof lists)[]).find(k => lists[k].length > 0)
}

export interface AttributeScope {
  readonly model: OnnxModel
  readonly at: Origin
  graph(proto: GraphProto, attribute: string): Graph
}

/** The attribute that an AttributeProto says. Throws `onnx.import.attribute`. */
export function importAttribute(a: AttributeProto, scope: AttributeScope): Attribute {
  const name = a.name ?? ''
  const { at, model } = scope
  const invalid = (why: string): never => {
    throw attributeInvalid(at, `attribute ${name} ${why}`)
  }
  const given = a.type ?? 0
  const kind = given === 0 ? kindBySight(a) : kinds.get(given)
  if (a.refAttrName !== undefined && a.refAttrName !== '') return { type: 'reference', value: a.refAttrName, of: kind ?? invalid(`has the type ${given}`) }
  const bytes = (p: Payload): string | Uint8Array => (p instanceof Uint8Array ? textOrBytes(p) : invalid('is too long'))
  switch (kind) {
    case 'float': return { type: kind, value: a.f ?? 0 }
    case 'int': return { type: kind, value: a.i ?? 0 }
    case 'string': return { type: kind, value: a.s === undefined ? '' : bytes(a.s) }
    case 'tensor': return { type: kind, value: importTensor(a.t ?? invalid('has no tensor'), model, at) }
    case 'graph': return { type: kind, value: scope.graph(a.g ?? invalid('has no graph'), name) }
    case 'type': return { type: kind, value: importType(a.tp, at) }
    case 'sparse': return { type: kind, value: importSparse(a.sparseTensor ?? invalid('has no tensor'), model, at) }
    case 'floats': return { type: kind, value: a.floats }
    case 'ints': return { type: kind, value: a.ints }
    case 'strings': return { type: kind, value: a.strings.map(bytes) }
    case 'tensors': return { type: kind, value: a.tensors.map(t => importTensor(t, model, at)) }
    case 'graphs': return { type: kind, value: a.graphs.map((g, i) => scope.graph(g, `${name}[${i}]`)) }
    case 'types': return { type: kind, value: a.typeProtos.map(t => importType(t, at)) }
    case 'sparses': return { type: kind, value: a.sparseTensors.map(t => importSparse(t, model, at)) }
    case undefined: return invalid(given === 0 ? 'has no value' : `has the type ${given}, which is not known`)
  }
}

/** All attributes of a node, and by name what of them only ONNX understands. */
export function importAttributes(protos: readonly AttributeProto[], scope: AttributeScope): { attributes: Attributes; more: Carried | undefined } {
  const attributes: Record<string, Attribute> = {}
  const more: Record<string, unknown> = {}
  for (const a of protos) {
    const name = a.name ?? ''
    if (Object.hasOwn(attributes, name) || name === '__proto__') throw attributeInvalid(scope.at, `attribute ${name} is given twice`)
    attributes[name] = importAttribute(a, scope)
    if (a.unknown !== undefined || (a.docString ?? '') !== '') more[name] = { unknown: a.unknown, docString: a.docString }
  }
  return { attributes, more: Object.keys(more).length > 0 ? more : undefined }
}
