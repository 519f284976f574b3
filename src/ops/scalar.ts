import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor } from '../ir/tensor.ts'

const word = new DataView(new ArrayBuffer(8))

/** Rounds to nearest even; overflow gives infinity. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size >= 65520) return sign | 0x7c00
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24)
  const exponent = Math.floor(Math.log2(size))
  const e = size < 2 ** exponent ? exponent - 1 : size >= 2 ** (exponent + 1) ? exponent + 1 : exponent
  return sign | (((e + 15) << 10) + roundEven((size / 2 ** e - 1) * 1024))
}

/** Rounds to nearest even, from the float32 nearest to the value. */
export function numberToBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  word.setFloat32(0, value)
  const bits = word.getUint32(0)
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

function roundEven(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low
}

/** A tensor of no axes. Takes the dtypes that have a plain array form, and bool. */
export function scalarTensor(dtype: DType, value: number | bigint): Tensor {
  const bytes = new Uint8Array(bitsOf(dtype) / 8)
  const view = new DataView(bytes.buffer)
  const n = Number(value)
  switch (dtype) {
    case 'float32': view.setFloat32(0, n, true); break
    case 'float64': view.setFloat64(0, n, true); break
    case 'float16': view.setUint16(0, numberToHalf(n), true); break
    case 'bfloat16': view.setUint16(0, numberToBfloat16(n), true); break
    case 'int64': view.setBigInt64(0, BigInt(value), true); break
    case 'uint64': view.setBigUint64(0, BigInt(value), true); break
    case 'int32': view.setInt32(0, n, true); break
    case 'uint32': view.setUint32(0, n, true); break
    case 'int16': view.setInt16(0, n, true); break
    case 'uint16': view.setUint16(0, n, true); break
    case 'int8': view.setInt8(0, n); break
    case 'uint8': case 'bool': view.setUint8(0, n); break
    default: throw new TypeError(`no scalar of ${kindOf(dtype)} ${dtype}`)
  }
  return inlineTensor(dtype, [], bytes)
}
