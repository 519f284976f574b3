import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, isDictionary, isTensor, viewOf } from '../../src/ir/tensor.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { byteLengthOf } from '../../src/ir/dtype.ts'
import { viewAt } from '../../src/expr/storage.ts'
import { elementCount } from '../../src/ir/types.ts'
import { arrayOfTensor, tensorOfArray } from '../../src/ops/evaluate.ts'
import type { Memory, Region } from './memory.ts'

const regions = new WeakMap<Tensor, Region>()
let serial = 0

/** The bytes that a GPU holds for a tensor in memory. */
export const bytesForDevice = (tensor: Tensor): Uint8Array => bytesOf(arrayOfTensor(tensor))

/** The tensor of what a GPU held. */
export function tensorFromDevice(dtype: DType, shape: readonly number[], bytes: Uint8Array): Tensor {
  return tensorOfArray(dtype, shape, viewOf(dtype, viewBytes(dtype, elementCount(shape), bytes)))
}

const viewBytes = (dtype: DType, count: number, bytes: Uint8Array): Uint8Array => bytesOf(viewAt(dtype, bytes.buffer, bytes.byteOffset, count))

/** A tensor whose elements lie on the GPU, and are read when they are asked for. */
export function deviceTensor(memory: Memory, dtype: DType, shape: readonly number[], region: Region): Tensor {
  const load = async (): Promise<Uint8Array> => {
    const [bytes] = await memory.read([region])
    return tensorFromDevice(dtype, shape, bytes!).peek()!
  }
  const tensor: Tensor = { dtype, shape, byteLength: byteLengthOf(dtype, elementCount(shape)), key: `gpu#${serial++}`, peek: () => undefined, load }
  regions.set(tensor, region)
  return tensor
}

/** Where a datum lies on the GPU, if it does. */
export const regionOf = (datum: Datum | undefined): Region | undefined => (datum !== undefined && datum !== null && isTensor(datum) ? regions.get(datum) : undefined)

/** The tensors that a datum consists of. */
function tensorsOf(datum: Datum): Tensor[] {
  if (datum === null) return []
  if (isTensor(datum)) return [datum]
  return isDictionary(datum) ? [datum.keys, datum.values] : datum.flatMap(tensorsOf)
}

/** All that a datum has on the GPU. */
export const regionsOf = (datum: Datum): Region[] => tensorsOf(datum).flatMap(t => regions.get(t) ?? [])

/** Brings all that lies on the GPU into memory, in one transfer. */
export async function collect(memory: Memory, data: readonly Datum[]): Promise<Datum[]> {
  const far = [...new Set(data.flatMap(tensorsOf))].filter(t => regions.has(t))
  if (far.length === 0) return [...data]
  const bytes = await memory.read(far.map(t => regions.get(t)!))
  const near = new Map(far.map((t, i) => [t, tensorFromDevice(t.dtype, t.shape, bytes[i]!)]))
  const bring = (datum: Datum): Datum => {
    if (datum === null) return null
    if (isTensor(datum)) return near.get(datum) ?? datum
    return isDictionary(datum) ? { keys: near.get(datum.keys) ?? datum.keys, values: near.get(datum.values) ?? datum.values } : datum.map(bring)
  }
  return data.map(bring)
}
