import type { DType } from '../../ir/dtype.ts'
import { bitsOf, kindOf } from '../../ir/dtype.ts'
import { isSubByte, packSubByte, unpackSubByte } from '../../ir/subbyte.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { bfloat16ToNumber, bytesOf, halfToNumber, inlineTensor, peekNumbers, stringTensor, viewOf } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import { numberToBfloat16, numberToHalf } from '../scalar.ts'
import { decodeMinifloat, encodeMinifloat } from '../../ir/minifloat.ts'
import type { PowerRounding } from './minifloat.ts'
import { encodePower, isSmallFloat } from './minifloat.ts'

export type Element = number | bigint | string

/** The elements of a tensor in memory, of any dtype but the complex ones: numbers, bigints for 64-bit integers, strings. */
export function elementsOf(tensor: Tensor): readonly Element[] {
  const { dtype } = tensor
  if (dtype === 'string') return tensor.strings ?? []
  const bytes = tensor.peek()!
  if (isSubByte(dtype)) {
    const codes = Array.from(unpackSubByte(dtype, bytes, elementCount(tensor.shape)))
    return isSmallFloat(dtype) ? codes.map(c => decodeMinifloat(dtype, c)) : kindOf(dtype) === 'int' ? codes.map(c => (c << 24) >> 24) : codes
  }
  if (isSmallFloat(dtype)) return Array.from(bytes, c => decodeMinifloat(dtype, c))
  return dtype === 'int64' || dtype === 'uint64' ? Array.from(viewOf(dtype, bytes) as BigInt64Array) : peekNumbers(tensor)!
}

export interface Conversion {
  readonly saturate: boolean
  readonly rounding: PowerRounding
}

/** The number that a text spells; `INF` and `NaN` in any case. */
const numberOfText = (text: string): number => {
  const special = /^([+-]?)inf(inity)?$/i.exec(text.trim())
  return special ? (special[1] === '-' ? -Infinity : Infinity) : Number(text)
}

const toNumber = (x: Element): number => (typeof x === 'string' ? numberOfText(x) : Number(x))

function toBigInt(x: Element): bigint {
  if (typeof x === 'bigint') return x
  if (typeof x === 'string' && /^\s*[+-]?\d+\s*$/.test(x)) return BigInt(x.trim().replace(/^\+/, ''))
  const n = Math.trunc(toNumber(x))
  return Number.isFinite(n) ? BigInt(n) : 0n
}

const narrow: Partial<Record<DType, (x: number) => number>> = { float32: Math.fround, float16: x => halfToNumber(numberToHalf(x)), bfloat16: x => bfloat16ToNumber(numberToBfloat16(x)) }

/** The fewest digits that name this number of its dtype, laid out as C does with `%g`. */
function shortest(x: number, source: DType): string {
  if (x === 0) return Object.is(x, -0) ? '-0' : '0'
  const [round, most] = [narrow[source] ?? ((y: number) => y), source === 'float64' ? 17 : 9]
  let digits = 1
  while (digits < most && round(Number(x.toExponential(digits - 1))) !== x) digits++
  const [mantissa, power] = x.toExponential(digits - 1).split('e') as [string, string]
  const exponent = Number(power)
  if (exponent >= -4 && exponent < most - 1) return x.toFixed(Math.max(0, digits - 1 - exponent))
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** ONNX asks for a plain representation and spells infinities so; its vectors have the fewest digits that say the number. */
function textOf(x: Element, source: DType): string {
  if (typeof x !== 'number' || kindOf(source) !== 'float') return String(x)
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x < 0 ? '-INF' : 'INF'
  return shortest(x, source)
}

/** A tensor of these elements, each converted as ONNX's Cast does from `source`. */
export function tensorOfElements(dtype: DType, shape: readonly number[], elements: readonly Element[], source: DType, { saturate, rounding }: Conversion): Tensor {
  if (dtype === 'string') return stringTensor(shape, elements.map(x => textOf(x, source)))
  if (isSmallFloat(dtype)) {
    const code = (x: Element): number => (dtype === 'float8e8m0' ? encodePower(toNumber(x), saturate, rounding) : encodeMinifloat(dtype, toNumber(x), saturate))
    const codes = Uint8Array.from(elements, code)
    return inlineTensor(dtype, shape, isSubByte(dtype) ? packSubByte(dtype, codes) : codes)
  }
  const bits = bitsOf(dtype)
  const wrap = (x: Element): bigint => (kindOf(dtype) === 'int' ? BigInt.asIntN(bits, toBigInt(x)) : BigInt.asUintN(bits, toBigInt(x)))
  if (isSubByte(dtype)) return inlineTensor(dtype, shape, packSubByte(dtype, Uint8Array.from(elements, x => Number(wrap(x)))))
  const array = viewOf(dtype, new Uint8Array((elements.length * bits) / 8))
  elements.forEach((x, i) => {
    if (dtype === 'bool') array[i] = toNumber(x) !== 0 ? 1 : 0
    else if (dtype === 'float16') array[i] = numberToHalf(toNumber(x))
    else if (dtype === 'bfloat16') array[i] = numberToBfloat16(toNumber(x))
    else if (kindOf(dtype) === 'float') array[i] = toNumber(x)
    else (array as BigInt64Array)[i] = (bits === 64 ? wrap(x) : Number(wrap(x))) as bigint
  })
  return inlineTensor(dtype, shape, bytesOf(array))
}
