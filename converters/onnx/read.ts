import type { GraphProto, ModelProto, SparseTensorProto, TensorProto } from '../../proto/onnx.gen.ts'
import { onnxSchema } from '../../proto/onnx.gen.ts'
import type { Bundle, Bytes } from '../../src/bytes/bytes.ts'
import { memoryBytes } from '../../src/bytes/memory.ts'
import { containedPath } from '../../src/bytes/path.ts'
import { residentLimit } from '../../src/ir/tensor.ts'
import type { WireOptions } from '../../src/wire/protobuf.ts'
import { WireError, readMessage } from '../../src/wire/protobuf.ts'
import { externalMissing, notModel, wireFailure } from './diagnostics.ts'
import { externalRange } from './external.ts'
import type { OnnxModel } from './model.ts'

/**
 * Two bytes of a file can make an object of hundreds in memory. A graph of half a million nodes, more than any known
 * model has, takes about 4 million messages; this many take about 3 GB.
 */
const itemLimit = 10_000_000

/** Kept in memory up to here, so that passes may look: the scales of the widest quantized layers, one for each channel, are about this long. */
const residentPayload = 2 * residentLimit

const wire: WireOptions = {
  schema: onnxSchema,
  defer: new Set(['TensorProto.rawData']),
  located: new Set(['NodeProto', 'TensorProto', 'FunctionProto']),
  payloadLimit: residentPayload,
  itemLimit,
}

async function readProto<T>(source: Bytes, root: string): Promise<T> {
  try {
    return await readMessage<T>(source, root, wire)
  } catch (error) {
    if (error instanceof WireError) throw wireFailure(source.name, error)
    throw error
  }
}

/**
 * Reads an ONNX file. Weights above `residentPayload` bytes stay where they are. Throws `onnx.read.*` for what is no ONNX
 * file and for missing or short external data, `bytes.*` for what can't be read.
 */
export async function readOnnx(bundle: Bundle): Promise<OnnxModel> {
  const { main } = bundle
  const proto = await readProto<ModelProto>(main, 'ModelProto')
  if (proto.graph === undefined) throw notModel(main.name, 'it has no graph')
  const external = new Map<string, Bytes>()
  const resident = new Map<TensorProto, Uint8Array>()
  for (const tensor of tensorsOf(proto)) {
    if (tensor.dataLocation !== 1) continue
    const location = tensor.externalData.find(e => e.key === 'location')?.value ?? ''
    let source = external.get(location)
    if (source === undefined) {
      const opened = await bundle.open(containedPath(location))
      if (opened === undefined) throw externalMissing(main.name, location, tensor.name ?? '')
      external.set(location, (source = opened))
    }
    const { start, end } = externalRange(tensor, source, main.name)
    if (end - start <= residentPayload) resident.set(tensor, (await source.read(start, end)).slice())
  }
  return { proto, file: main.name, external, resident }
}

/** Reads a serialized TensorProto, as test vectors are. */
export const readTensorProto = (bytes: Uint8Array, name = 'tensor'): Promise<TensorProto> => readProto(memoryBytes(bytes, name), 'TensorProto')

/** Reads a message of ONNX's data files: `SequenceProto`, `OptionalProto`, `MapProto`. */
export const readDataProto = <T>(bytes: Uint8Array, root: 'SequenceProto' | 'OptionalProto' | 'MapProto'): Promise<T> => readProto(memoryBytes(bytes, root), root)

/** Every tensor of a model, however deep. */
export function* tensorsOf(model: ModelProto): Generator<TensorProto> {
  if (model.graph) yield* ofGraph(model.graph)
  for (const f of model.functions) {
    yield* ofNodes(f)
    yield* ofAttributes(f.attributeProto)
  }
  for (const info of model.trainingInfo) {
    if (info.initialization) yield* ofGraph(info.initialization)
    if (info.algorithm) yield* ofGraph(info.algorithm)
  }
}

function* ofGraph(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer
  for (const sparse of graph.sparseInitializer) yield* ofSparse(sparse)
  yield* ofNodes(graph)
}

function* ofSparse(sparse: SparseTensorProto): Generator<TensorProto> {
  if (sparse.values) yield sparse.values
  if (sparse.indices) yield sparse.indices
}

function* ofNodes({ node }: Pick<GraphProto, 'node'>): Generator<TensorProto> {
  for (const one of node) yield* ofAttributes(one.attribute)
}

function* ofAttributes(attributes: GraphProto['node'][number]['attribute']): Generator<TensorProto> {
  for (const a of attributes) {
    if (a.t) yield a.t
    yield* a.tensors
    if (a.sparseTensor) yield* ofSparse(a.sparseTensor)
    for (const sparse of a.sparseTensors) yield* ofSparse(sparse)
    if (a.g) yield* ofGraph(a.g)
    for (const graph of a.graphs) yield* ofGraph(graph)
  }
}
