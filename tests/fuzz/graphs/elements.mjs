// Tensors from plain elements and back.
import { bitsOf, kindOf } from '../../../dist/src/ir/dtype.js'
import { decodeMinifloat, encodeMinifloat, isMinifloat } from '../../../dist/src/ir/minifloat.js'
import { packSubByte, unpackSubByte } from '../../../dist/src/ir/subbyte.js'
import { bytesOf, inlineTensor, stringTensor, viewOf } from '../../../dist/src/ir/tensor.js'

export const countOf = shape => shape.reduce((n, d) => n * d, 1)
const isPacked = dtype => bitsOf(dtype) > 0 && bitsOf(dtype) < 8
const is64 = dtype => dtype === 'int64' || dtype === 'uint64'

/** A tensor of numbers, bigints or strings; numbers are rounded to the dtype. */
export function tensorOf(dtype, shape, elements) {
  if (dtype === 'string') return stringTensor(shape, elements.map(String))
  const codes = isMinifloat(dtype) ? elements.map(x => encodeMinifloat(dtype, Number(x), true)) : elements
  if (isPacked(dtype)) return inlineTensor(dtype, shape, packSubByte(dtype, Uint8Array.from(codes, c => Number(c) & 255)))
  if (is64(dtype)) return inlineTensor(dtype, shape, bytesOf((dtype === 'int64' ? BigInt64Array : BigUint64Array).from(codes, BigInt)))
  const view = viewOf(dtype, new Uint8Array(codes.length * (bitsOf(dtype) / 8)))
  codes.forEach((c, i) => (view[i] = Number(c)))
  return inlineTensor(dtype, shape, bytesOf(view))
}

/** The elements of a tensor in memory: numbers, bigints of 64-bit integers, strings; complex numbers as pairs. */
export function elementsOf(tensor) {
  const { dtype } = tensor
  if (dtype === 'string') return [...tensor.strings]
  const bytes = tensor.peek()
  const signed = kindOf(dtype) === 'int'
  if (isPacked(dtype)) {
    const codes = Array.from(unpackSubByte(dtype, bytes, countOf(tensor.shape)))
    return isMinifloat(dtype) ? codes.map(c => decodeMinifloat(dtype, c)) : codes.map(c => (signed ? (c << 24) >> 24 : c))
  }
  const view = Array.from(viewOf(dtype, bytes))
  return isMinifloat(dtype) ? view.map(c => decodeMinifloat(dtype, c)) : view
}

/** For messages: a datum with its elements. */
export function show(datum, most = 24) {
  if (datum === undefined) return 'nothing given'
  if (datum === null) return 'an empty optional'
  if (Array.isArray(datum)) return `(${datum.map(d => show(d, most)).join('; ')})`
  const elements = elementsOf(datum)
  const text = x => (typeof x === 'string' ? JSON.stringify(x) : Object.is(x, -0) ? '-0' : String(x))
  return `${datum.dtype}[${datum.shape.join(', ')}] ${elements.slice(0, most).map(text).join(' ')}${elements.length > most ? ' ...' : ''}`
}

/** Whether some element of a float tensor is so large or small that squares and products of a few leave the range of the arithmetic. */
export function isFar(tensor) {
  const most = tensor.dtype === 'float16' ? 200 : 1e15
  return floatTypes.has(tensor.dtype) && elementsOf(tensor).some(x => (Number.isFinite(x) && Math.abs(x) > most) || (x !== 0 && Math.abs(x) < 1e-30))
}
/** Whether a float tensor holds NaN or an infinity. */
export const isOdd = tensor => floatTypes.has(tensor.dtype) && !elementsOf(tensor).every(Number.isFinite)
const floatTypes = new Set(['float64', 'float32', 'float16', 'bfloat16'])
