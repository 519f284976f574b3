import type { Payload } from '../../proto/message.ts'
import type { SparseTensorProto, TensorProto } from '../../proto/onnx.gen.ts'
import { concat } from '../../src/bytes/memory.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { SparseTensor } from '../../src/ir/attribute.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf, byteLengthOf } from '../../src/ir/dtype.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { deferredTensor, inlineTensor, rangeTensor, stringTensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { tensorInvalid } from './diagnostics.ts'
import { dtypeOfNumber } from '../../src/ops/kit/datatype.ts'
import { externalRange } from './external.ts'
import type { OnnxModel } from './model.ts'
import { unpackVarints } from './varints.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Sizes of a shape as plain numbers. Throws `onnx.import.tensor` for what can't be a size. */
export function sizesOf(dims: readonly (number | bigint)[], at: Origin, what: string): readonly number[] {
  const shape = dims.map(Number)
  if (shape.some(d => d < 0) || !Number.isSafeInteger(8 * elementCount(shape))) throw tensorInvalid(at, `${what} has the shape [${dims.join()}]`)
  return shape
}

/**
 * The tensor that a TensorProto says, in whatever field its elements lie. Large contents stay in their file. Throws
 * `onnx.import.tensor` when its parts contradict each other.
 */
export function importTensor(proto: TensorProto, { file, external, resident }: Pick<OnnxModel, 'file' | 'external' | 'resident'>, at: Origin): Tensor {
  const what = proto.name === undefined || proto.name === '' ? 'a tensor' : `tensor ${proto.name}`
  const invalid = (why: string): never => {
    throw tensorInvalid({ ...at, ...(proto.at && { bytes: proto.at }) }, `${what} ${why}`)
  }
  const dtype = dtypeOfNumber(proto.dataType)
  if (dtype === undefined) return invalid(`has the element type ${proto.dataType ?? 0}, which is not known`)
  const shape = sizesOf(proto.dims, at, what)
  const count = elementCount(shape)
  const size = byteLengthOf(dtype, count)
  if (proto.segment) invalid('is a segment of a tensor that is stored in pieces')

  if (proto.dataLocation === 1) {
    const small = resident.get(proto)
    if (small) return inlineTensor(dtype, shape, small)
    const source = external.get(proto.externalData.find(e => e.key === 'location')?.value ?? '')
    if (source === undefined) return invalid('lies in a file that was not opened')
    return rangeTensor(dtype, shape, source, externalRange(proto, source, file).start)
  }
  if (dtype === 'string') {
    if (proto.stringData.length !== count) invalid(`of shape [${shape.join()}] has ${proto.stringData.length} strings`)
    return stringTensor(shape, proto.stringData.map(s => (s instanceof Uint8Array ? decoder.decode(s) : invalid('has a string that is too long'))))
  }
  if (proto.rawData !== undefined && (proto.rawData.byteLength > 0 || count === 0)) {
    if (proto.rawData.byteLength !== size) invalid(`of ${dtype}[${shape.join()}] takes ${size} bytes and has ${proto.rawData.byteLength}`)
    return payloadTensor(dtype, shape, proto.rawData)
  }
  const [field, width] = fieldOf(dtype)
  const chunks = proto[field]
  const stored = chunks.reduce((n, c) => n + c.byteLength, 0)
  if (width > 0) {
    if (stored !== size) invalid(`of ${dtype}[${shape.join()}] takes ${size} bytes and has ${stored}`)
    if (chunks.length <= 1) return payloadTensor(dtype, shape, chunks[0] ?? new Uint8Array(0))
    return deferredTensor(dtype, shape, chunks.map(bytesTensor), 'joined', concat)
  }
  const entries = entriesOf(dtype, count)
  if (stored < entries) invalid(`of ${dtype}[${shape.join()}] takes ${entries} numbers and has ${stored} bytes of them`)
  const from = chunks.length === 1 ? [bytesTensor(chunks[0]!)] : chunks.map(bytesTensor)
  return deferredTensor(dtype, shape, from, `unpacked ${dtype}`, parts => {
    const out = unpackVarints(dtype, parts.length === 1 ? parts[0]! : concat([...parts, new Uint8Array(0)]), entries, size)
    return out ?? invalid(`of ${dtype}[${shape.join()}] does not have ${entries} numbers`)
  })
}

/** The typed field of an element type, and the bytes an entry takes in it; 0 for varints. */
export function fieldOf(dtype: DType): readonly ['floatData' | 'doubleData' | 'int32Data' | 'int64Data' | 'uint64Data', number] {
  if (dtype === 'float32' || dtype === 'complex64') return ['floatData', 4]
  if (dtype === 'float64' || dtype === 'complex128') return ['doubleData', 8]
  if (dtype === 'int64') return ['int64Data', 0]
  if (dtype === 'uint64' || dtype === 'uint32') return ['uint64Data', 0]
  return ['int32Data', 0]
}

/** Entries of int32_data: two 4-bit or four 2-bit elements share one. */
const entriesOf = (dtype: DType, count: number): number => {
  const bits = bitsOf(dtype)
  return bits === 4 || bits === 2 ? Math.ceil((count * bits) / 8) : count
}

function payloadTensor(dtype: DType, shape: readonly number[], payload: Payload): Tensor {
  if (payload instanceof Uint8Array) return inlineTensor(dtype, shape, payload)
  if (payload.range) return rangeTensor(dtype, shape, payload.range.source, payload.range.start)
  return { dtype, shape, byteLength: payload.byteLength, key: `payload ${serial++}`, peek: () => undefined, load: () => payload.load() }
}
let serial = 0

const bytesTensor = (payload: Payload): Tensor => payloadTensor('uint8', [payload.byteLength], payload)

/** The sparse tensor that a SparseTensorProto says. Throws `onnx.import.tensor` when its parts don't fit. */
export function importSparse(proto: SparseTensorProto, model: Pick<OnnxModel, 'file' | 'external' | 'resident'>, at: Origin): SparseTensor {
  const name = proto.values?.name ?? ''
  if (!proto.values || !proto.indices) throw tensorInvalid(at, `sparse tensor ${name} lacks its values or its indices`)
  const values = importTensor(proto.values, model, at)
  const indices = importTensor(proto.indices, model, at)
  const shape = sizesOf(proto.dims, at, `sparse tensor ${name}`)
  const [count, rank] = indices.shape
  if (indices.dtype !== 'int64' || values.shape.length !== 1 || count !== values.shape[0] || indices.shape.length > 2 || (rank !== undefined && rank !== shape.length)) {
    throw tensorInvalid(at, `sparse tensor ${name} of shape [${shape.join()}] has values [${values.shape.join()}] at indices [${indices.shape.join()}]`)
  }
  return { values, indices, shape }
}

/** A sparse tensor as runtimes see it: zeros with the values put in, worked out when its bytes are asked for. */
export function denseTensor({ values, indices, shape }: SparseTensor, at: Origin): Tensor {
  const width = bitsOf(values.dtype) / 8
  if (!Number.isInteger(width) || width === 0) throw tensorInvalid(at, `sparse tensors of ${values.dtype} can't be made dense`)
  const total = elementCount(shape)
  return deferredTensor(values.dtype, shape, [values, indices], `dense [${shape.join()}]`, ([data, places]) => {
    const index = new BigInt64Array(places!.slice().buffer)
    const rank = indices.shape[1]
    const out = new Uint8Array(total * width)
    for (let i = 0; i < values.shape[0]!; i++) {
      let flat = rank === undefined ? Number(index[i]) : 0
      for (let d = 0; d < (rank ?? 0); d++) {
        const k = Number(index[i * rank! + d])
        flat = k >= 0 && k < shape[d]! ? flat * shape[d]! + k : NaN
      }
      if (!(flat >= 0 && flat < total)) throw tensorInvalid(at, `a sparse tensor of shape [${shape.join()}] has a value outside it`)
      out.set(data!.subarray(i * width, (i + 1) * width), flat * width)
    }
    return out
  })
}
