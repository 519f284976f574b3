import { unzipSync, zipSync } from 'fflate'
import { LapidaryError } from '../diag/diagnostic.ts'
import type { DType } from '../ir/dtype.ts'
import { bitsOf, byteLengthOf } from '../ir/dtype.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'

/** NumPy's type codes for the element types it has. */
const codes: Readonly<Partial<Record<DType, string>>> = {
  float32: '<f4', float64: '<f8', float16: '<f2', int64: '<i8', int32: '<i4', int16: '<i2', int8: '|i1',
  uint64: '<u8', uint32: '<u4', uint16: '<u2', uint8: '|u1', bool: '|b1', complex64: '<c8', complex128: '<c16',
}
const dtypeOf = new Map(Object.entries(codes).map(([dtype, code]) => [code.slice(1), dtype as DType]))

const npyInvalid = (file: string, why: string): LapidaryError =>
  new LapidaryError({ code: 'npy.read.invalid', severity: 'error', message: `${file} is not a .npy file that can be read: ${why}`, help: 'Save the array with numpy.save, in a plain numeric dtype.' })

/**
 * Reads one array in NumPy's format, versions 1 to 3, either byte order, row- or column-major.
 * Source: NEP 1, "A Simple File Format for NumPy Arrays". Throws `npy.read.invalid`.
 */
export function readNpy(bytes: Uint8Array, file = 'the array'): Tensor {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
  if (bytes.byteLength < 12 || magic.some((b, i) => bytes[i] !== b)) throw npyInvalid(file, 'it does not begin with the magic word')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = bytes[6]! >= 2
  const start = wide ? 12 : 10
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  if (start + length > bytes.byteLength) throw npyInvalid(file, 'the header is cut off')
  const header = new TextDecoder().decode(bytes.subarray(start, start + length))
  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z]\d+)'/.exec(header)
  const shapeText = /'shape'\s*:\s*\(([^)]*)\)/.exec(header)
  if (!descr || !shapeText) throw npyInvalid(file, 'the header names no plain dtype and shape')
  const dtype = dtypeOf.get(descr[2]!)
  if (dtype === undefined) throw npyInvalid(file, `dtype ${descr[2]} has no counterpart here`)
  const shape = shapeText[1]!.split(',').map(s => s.trim()).filter(s => s !== '').map(Number)
  if (shape.some(n => !Number.isSafeInteger(n) || n < 0)) throw npyInvalid(file, `shape (${shapeText[1]})`)
  const size = byteLengthOf(dtype, elementCount(shape))
  const data = bytes.slice(start + length, start + length + size)
  if (data.byteLength !== size) throw npyInvalid(file, `${size} bytes of data were announced, ${data.byteLength} are there`)
  if (descr[1] === '>') swap(data, dtype.startsWith('complex') ? bitsOf(dtype) / 16 : bitsOf(dtype) / 8)
  return inlineTensor(dtype, shape, /'fortran_order'\s*:\s*True/.test(header) ? toRowMajor(data, shape, bitsOf(dtype) / 8) : data)
}

function swap(data: Uint8Array, width: number): void {
  for (let at = 0; at < data.byteLength; at += width) data.subarray(at, at + width).reverse()
}

function toRowMajor(data: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const out = new Uint8Array(data.byteLength)
  const index = shape.map(() => 0)
  const strides = shape.map((_, d) => elementCount(shape.slice(0, d)))
  for (let i = 0; i < data.byteLength / width; i++) {
    const from = index.reduce((sum, v, d) => sum + v * strides[d]!, 0)
    out.set(data.subarray(from * width, (from + 1) * width), i * width)
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0
  }
  return out
}

/** One array in NumPy's format, version 1. Element types that NumPy lacks throw `npy.write.dtype`. */
export async function writeNpy(tensor: Tensor): Promise<Uint8Array> {
  const code = codes[tensor.dtype]
  if (code === undefined) throw new LapidaryError({ code: 'npy.write.dtype', severity: 'error', message: `NumPy has no ${tensor.dtype}`, help: 'Cast the value in the model, or fetch another one.' })
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(', ')
  const header = `{'descr': '${code}', 'fortran_order': False, 'shape': (${shape}), }`
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n'
  const data = await tensor.load()
  const out = new Uint8Array(10 + padded.length + data.byteLength)
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8])
  out.set(new TextEncoder().encode(padded), 10)
  out.set(data, 10 + padded.length)
  return out
}

/** The arrays of a .npz archive by name. */
export function readNpz(bytes: Uint8Array, file = 'the archive'): Map<string, Tensor> {
  let members: Record<string, Uint8Array>
  try {
    members = unzipSync(bytes)
  } catch (error) {
    throw npyInvalid(file, `as a .npz archive: ${error instanceof Error ? error.message : String(error)}`)
  }
  return new Map(Object.entries(members).map(([name, data]) => [name.replace(/\.npy$/, ''), readNpy(data, `${file}/${name}`)]))
}

/** Arrays as a .npz archive, stored without compression; the same arrays give the same bytes. */
export async function writeNpz(tensors: ReadonlyMap<string, Tensor>): Promise<Uint8Array> {
  const members: Record<string, Uint8Array> = {}
  for (const [name, tensor] of tensors) members[`${name}.npy`] = await writeNpy(tensor)
  return zipSync(members, { level: 0, mtime: new Date(1980, 0, 1) })
}
