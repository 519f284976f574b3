import type { DType } from '../ir/dtype.ts'
import { bitsOf } from '../ir/dtype.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, inlineTensor, numbersOf, viewOf } from '../ir/tensor.ts'
import { isSubByte } from '../ir/subbyte.ts'
import { elementsOf, tensorOfElements } from '../ops/kit/elements.ts'
import { isSmallFloat } from '../ops/kit/minifloat.ts'
import { elementCount } from '../ir/types.ts'

/** The tensor with its axes in another order: axis i of the result is axis `perm[i]`. For whole-byte element types. */
export async function permuted(tensor: Tensor, perm: readonly number[]): Promise<Tensor> {
  const width = bitsOf(tensor.dtype) / 8
  const shape = perm.map(p => tensor.shape[p]!)
  const strides = perm.map(p => elementCount(tensor.shape.slice(p + 1)) * width)
  const from = await tensor.load()
  const out = new Uint8Array(from.byteLength)
  const index = shape.map(() => 0)
  let at = 0
  for (let to = 0; to < out.byteLength; to += width) {
    for (let b = 0; b < width; b++) out[to + b] = from[at + b]!
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d]!
      if (++index[d]! < shape[d]!) break
      at -= strides[d]! * shape[d]!
      index[d] = 0
    }
  }
  return inlineTensor(tensor.dtype, shape, out)
}

/** The order that undoes `perm`. */
export const inverse = (perm: readonly number[]): readonly number[] => perm.map((_, i) => perm.indexOf(i))

/** The same numbers in another dtype that holds them. */
export async function withDType(tensor: Tensor, dtype: DType): Promise<Tensor> {
  if (tensor.dtype === dtype) return tensor
  if ([tensor.dtype, dtype].some(d => isSubByte(d) || isSmallFloat(d))) {
    const resident = inlineTensor(tensor.dtype, tensor.shape, await tensor.load())
    return tensorOfElements(dtype, tensor.shape, elementsOf(resident), tensor.dtype, { saturate: false, rounding: 'nearest' })
  }
  const numbers = numbersOf(tensor.dtype, await tensor.load())
  const out = viewOf(dtype, new Uint8Array((numbers.length * bitsOf(dtype)) / 8))
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) for (let i = 0; i < numbers.length; i++) out[i] = BigInt(Math.trunc(numbers[i]!))
  else for (let i = 0; i < numbers.length; i++) out[i] = numbers[i]!
  return inlineTensor(dtype, tensor.shape, bytesOf(out))
}
