import type { Payload, UnknownField } from '../../proto/message.ts'
import type { AttributeProto, GraphProto, SparseTensorProto, TensorProto } from '../../proto/onnx.gen.ts'
import { onnxSchema } from '../../proto/onnx.gen.ts'
import type { Attribute, Attributes, SparseTensor } from '../../src/ir/attribute.ts'
import type { Graph } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { rangeOf } from '../../src/ir/tensor.ts'
import { emptyMessage } from '../../src/wire/protobuf-decode.ts'
import { attributeTypes } from './attributes.ts'
import { numberOfDType } from '../../src/ops/kit/datatype.ts'
import { exportType } from './export-types.ts'
import type { Carried } from './model.ts'

const encoder = new TextEncoder()
const bytesOf = (s: string | Uint8Array): Uint8Array => (typeof s === 'string' ? encoder.encode(s) : s)

/** A message with its lists empty, and these fields. */
export const message = <T>(name: keyof typeof onnxSchema, fields: Partial<T>): T => Object.assign(emptyMessage(onnxSchema, name), fields) as T

function payloadOf(tensor: Tensor): Payload {
  const resident = tensor.peek()
  if (resident) return resident
  const range = rangeOf(tensor)
  return { byteLength: tensor.byteLength, key: tensor.key, ...(range && { range }), load: () => tensor.load() }
}

/** A TensorProto that holds its elements as raw bytes, which are read when it is written. */
export function exportTensor(tensor: Tensor, name?: string): TensorProto {
  return message<TensorProto>('TensorProto', {
    dims: [...tensor.shape],
    dataType: numberOfDType(tensor.dtype),
    ...(name !== undefined && { name }),
    ...(tensor.dtype === 'string' ? { stringData: (tensor.strings ?? []).map(bytesOf) } : { rawData: payloadOf(tensor) }),
  })
}

export const exportSparse = ({ values, indices, shape }: SparseTensor, name?: string): SparseTensorProto => ({
  values: exportTensor(values, name),
  indices: exportTensor(indices),
  dims: [...shape],
})

function fieldsOf(a: Attribute, graph: (g: Graph) => GraphProto): Partial<AttributeProto> {
  switch (a.type) {
    case 'float': return { f: a.value }
    case 'int': return { i: a.value }
    case 'string': return { s: bytesOf(a.value) }
    case 'tensor': return { t: exportTensor(a.value) }
    case 'graph': return { g: graph(a.value) }
    case 'type': return { tp: a.value ? exportType(a.value) : {} }
    case 'sparse': return { sparseTensor: exportSparse(a.value) }
    case 'floats': return { floats: [...a.value] }
    case 'ints': return { ints: [...a.value] }
    case 'strings': return { strings: a.value.map(bytesOf) }
    case 'tensors': return { tensors: a.value.map(t => exportTensor(t)) }
    case 'graphs': return { graphs: a.value.map(graph) }
    case 'types': return { typeProtos: a.value.map(t => (t ? exportType(t) : {})) }
    case 'sparses': return { sparseTensors: a.value.map(s => exportSparse(s)) }
    case 'reference': return { refAttrName: a.value }
  }
}

/** AttributeProtos of a node; `more` is what was carried along for some of them. */
export function exportAttributes(attributes: Attributes, graph: (g: Graph) => GraphProto, more: Carried = {}): AttributeProto[] {
  return Object.entries(attributes).map(([name, a]) => {
    const kept = (more[name] ?? {}) as { unknown?: UnknownField[]; docString?: string }
    return message<AttributeProto>('AttributeProto', {
      name,
      ...fieldsOf(a, graph),
      type: attributeTypes[a.type === 'reference' ? a.of : a.type],
      ...(kept.unknown && { unknown: kept.unknown }),
      ...(kept.docString && { docString: kept.docString }),
    })
  })
}
