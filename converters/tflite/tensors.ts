import type { DeferredBytes } from '../../proto/message.ts'
import type { QuantizationParameters, Tensor as FileTensor, VariantSubType } from '../../proto/tflite.gen.ts'
import type { Origin } from '../../src/diag/origin.ts'
import type { Dim } from '../../src/ir/dim.ts'
import { unknownDim } from '../../src/ir/dim.ts'
import { byteLengthOf } from '../../src/ir/dtype.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { inlineTensor, rangeTensor, stringTensor } from '../../src/ir/tensor.ts'
import type { Type } from '../../src/ir/types.ts'
import { elementCount, tensorType } from '../../src/ir/types.ts'
import { tensorInvalid } from './diagnostics.ts'
import { dtypeOfTensorType } from './dtypes.ts'
import { bytesIfResident } from './model.ts'
import { densified } from './sparse.ts'

/** What a tensor has that a value of the IR lacks; under `extra.tflite` of the value. */
export interface ValueExtra {
  readonly quantization?: QuantizationParameters
  readonly is_variable?: true
  readonly variant_tensors?: readonly VariantSubType[]
  /** The type, when it has no name in the IR: a resource or a variant. */
  readonly type?: FileTensor['type']
  /** The shape that goes with it. */
  readonly shape?: readonly number[]
}

/** Sizes of -1 are sizes that nothing is known of. Resources and variants have no type. */
export function typeOfTensor(tensor: FileTensor): Type | undefined {
  const dtype = dtypeOfTensorType(tensor.type)
  if (dtype === undefined) return undefined
  const { shape, shape_signature: signature } = tensor
  if (shape === undefined) return tensorType(dtype, tensor.has_rank === true || (tensor.buffer ?? 0) > 0 ? [] : undefined)
  const sizes: Dim[] = shape.map((d, i) => (signature?.length === shape.length && signature[i]! < 0 ? unknownDim() : d < 0 ? unknownDim() : d))
  return tensorType(dtype, sizes)
}

/** What of a tensor has no place in a value; undefined for nothing. */
export function tensorExtra(tensor: FileTensor): ValueExtra | undefined {
  const { quantization, is_variable, variant_tensors, type, shape } = tensor
  const quantized = quantization && Object.keys(quantization).length > 0
  const nameless = dtypeOfTensorType(type) === undefined
  if (!quantized && !is_variable && !variant_tensors && !nameless) return undefined
  return { ...(quantized && { quantization }), ...(is_variable && { is_variable }), ...(variant_tensors && { variant_tensors }), ...(nameless && type !== undefined && { type, ...(shape && { shape }) }) }
}

/** The content of a tensor whose buffer has any. */
export function constantOf(tensor: FileTensor, data: DeferredBytes | undefined, at: Origin): Tensor | undefined {
  const dtype = dtypeOfTensorType(tensor.type)
  if (dtype === undefined || data === undefined) return undefined
  const shape = tensor.shape ?? []
  if (data.byteLength === 0 && elementCount(shape) !== 0) return undefined
  const name = tensor.name ?? ''
  if (shape.some(d => d < 0)) throw tensorInvalid(at, `the constant ${name} has the shape [${shape.join()}]`)
  const bytes = bytesIfResident(data)
  if (dtype === 'string') return stringTensor(shape, decodeStrings(bytes, elementCount(shape), name, at))
  const stored = (sizes: readonly number[]): Tensor | undefined => {
    const byteLength = byteLengthOf(dtype, elementCount(sizes))
    if (data.byteLength !== byteLength) throw tensorInvalid(at, `the constant ${name} of ${dtype}[${sizes.join()}] takes ${byteLength} bytes, its buffer has ${data.byteLength}`)
    if (bytes) return byteLength > 64 ? { ...inlineTensor(dtype, sizes, bytes), key: `tflite-buffer-${tensor.buffer ?? 0}-of-${at.file ?? ''}` } : inlineTensor(dtype, sizes, bytes)
    return data.range ? rangeTensor(dtype, sizes, data.range.source, data.range.start) : undefined
  }
  return tensor.sparsity ? densified(dtype, shape, tensor.sparsity, count => stored([count]), name, at) : stored(shape)
}

/** A variable begins as zeros. */
export function variableOf(tensor: FileTensor): Tensor | undefined {
  const dtype = dtypeOfTensorType(tensor.type)
  if (tensor.is_variable !== true || dtype === undefined || tensor.shape === undefined || tensor.shape.some(d => d < 0)) return undefined
  const byteLength = byteLengthOf(dtype, elementCount(tensor.shape))
  const zeros = () => new Uint8Array(byteLength)
  return { dtype, shape: tensor.shape, byteLength, key: `zeros-${byteLength}`, peek: () => undefined, load: async () => zeros() }
}

/** A string tensor's buffer: the count, where each string starts and the last ends, the strings. */
export function decodeStrings(bytes: Uint8Array | undefined, count: number, name: string, at: Origin): string[] {
  const wrong = (): never => {
    throw tensorInvalid(at, `the strings of ${name} can't be read`)
  }
  if (bytes === undefined || bytes.byteLength < 4) return wrong()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getInt32(0, true) !== count || bytes.byteLength < 8 + 4 * count) return wrong()
  return Array.from({ length: count }, (_, i) => {
    const [start, end] = [view.getInt32(4 + 4 * i, true), view.getInt32(8 + 4 * i, true)]
    return start < 0 || end < start || end > bytes.byteLength ? wrong() : new TextDecoder().decode(bytes.subarray(start, end))
  })
}

/** A string tensor's buffer, as `decodeStrings` reads it. */
export function encodeStrings(strings: readonly string[]): Uint8Array {
  const encoded = strings.map(s => new TextEncoder().encode(s))
  const head = 8 + 4 * strings.length
  const out = new Uint8Array(head + encoded.reduce((n, e) => n + e.byteLength, 0))
  const view = new DataView(out.buffer)
  view.setInt32(0, strings.length, true)
  let at = head
  encoded.forEach((e, i) => {
    view.setInt32(4 + 4 * i, at, true)
    out.set(e, at)
    at += e.byteLength
  })
  view.setInt32(4 + 4 * strings.length, at, true)
  return out
}
