import type { DType } from '../ir/dtype.ts'
import { bitsOf, byteLengthOf, kindOf } from '../ir/dtype.ts'
import { encodeMinifloat, isMinifloat, numberToBfloat16, numberToHalf } from '../ir/minifloat.ts'
import { isSubByte } from '../ir/subbyte.ts'
import type { Tensor } from '../ir/tensor.ts'
import { inlineTensor } from '../ir/tensor.ts'

/** A tensor of no axes, of any dtype of numbers but the complex ones. */
export function scalarTensor(dtype: DType, value: number | bigint): Tensor {
  const bytes = new Uint8Array(byteLengthOf(dtype, 1))
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
    default:
      if (isMinifloat(dtype)) bytes[0] = encodeMinifloat(dtype, n)
      else if (isSubByte(dtype)) bytes[0] = n & (2 ** bitsOf(dtype) - 1)
      else throw new TypeError(`no scalar of ${kindOf(dtype)} ${dtype}`)
  }
  return inlineTensor(dtype, [], bytes)
}

export { numberToBfloat16, numberToHalf }
