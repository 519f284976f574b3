import type { DType } from '../../src/ir/dtype.ts'
import type { Datum, Tensor, TypedArray } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, isTensor, stringTensor, viewOf } from '../../src/ir/tensor.ts'
import { runtimeUnsupported } from './diagnostics.ts'

/** The little of onnxruntime's tensor that is used here. */
export interface RuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: TypedArray | readonly string[]
}
export interface Runtime {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor
  readonly InferenceSession: { create(model: Uint8Array | string, options: object): Promise<RuntimeSession> }
}
export interface RuntimeSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Readonly<Record<string, RuntimeTensor>>, fetches: readonly string[]): Promise<Readonly<Record<string, unknown>>>
  release(): Promise<void>
}

const taken: ReadonlySet<DType> = new Set<DType>([
  'float32', 'float64', 'float16', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8', 'bool', 'string', 'int4', 'uint4',
])

/** A tensor as onnxruntime takes it. Throws `executor.onnxruntime.unsupported`. */
export async function toRuntime(runtime: Runtime, datum: Datum): Promise<RuntimeTensor> {
  if (datum === null || !isTensor(datum)) throw runtimeUnsupported('sequences, maps and optionals')
  if (!taken.has(datum.dtype)) throw runtimeUnsupported(`tensors of ${datum.dtype}`)
  if (datum.strings) return new runtime.Tensor('string', [...datum.strings], datum.shape)
  const bytes = await datum.load()
  const array = datum.dtype === 'int4' ? new Int8Array(bytes.slice().buffer) : viewOf(datum.dtype, bytes)
  return new runtime.Tensor(datum.dtype, array, datum.shape)
}

/** The inverse of `toRuntime`. */
export function fromRuntime(value: unknown): Tensor {
  const tensor = value as RuntimeTensor
  const dtype = tensor?.type as DType
  if (!taken.has(dtype)) throw runtimeUnsupported(dtype === undefined ? 'sequences and optionals' : `tensors of ${dtype}`)
  const shape = tensor.dims.map(Number)
  return dtype === 'string' ? stringTensor(shape, tensor.data as string[]) : inlineTensor(dtype, shape, bytesOf(tensor.data as TypedArray).slice())
}
