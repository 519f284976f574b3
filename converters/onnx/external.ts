import type { TensorProto } from '../../proto/onnx.gen.ts'
import type { ByteRange, Bytes } from '../../src/bytes/bytes.ts'
import { byteLengthOf } from '../../src/ir/dtype.ts'
import { externalInvalid } from './diagnostics.ts'
import { dtypeOfNumber } from '../../src/ops/kit/datatype.ts'

/** Where the bytes of an external tensor lie. Throws `onnx.read.external-invalid` unless offset and length fit the file and the shape. */
export function externalRange(tensor: TensorProto, source: Bytes, file: string): ByteRange {
  const name = tensor.name ?? ''
  const invalid = (why: string): never => {
    throw externalInvalid(file, name, why)
  }
  const number = (key: string): number | undefined => {
    const text = tensor.externalData.find(e => e.key === key)?.value
    if (text === undefined || text === '') return undefined
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
    return Number.isSafeInteger(value) ? value : invalid(`its ${key} is ${JSON.stringify(text.slice(0, 40))}`)
  }
  const dtype = dtypeOfNumber(tensor.dataType)
  if (dtype === undefined || dtype === 'string') return invalid(`element type ${tensor.dataType ?? 0} has no external form`)
  const count = tensor.dims.reduce<number>((n, d) => n * Number(d), 1)
  const size = byteLengthOf(dtype, count)
  if (!Number.isSafeInteger(size) || tensor.dims.some(d => d < 0)) return invalid(`its shape is [${tensor.dims.join()}]`)
  const start = number('offset') ?? 0
  const length = number('length')
  if (length !== undefined && length !== size) invalid(`its length is ${length} bytes, and ${dtype}[${tensor.dims.join()}] takes ${size}`)
  if (start + size > source.size) invalid(`it lies at ${start} to ${start + size} of ${source.name}, which has ${source.size} bytes`)
  return { source, start, end: start + size }
}
