import type { DType } from '../../ir/dtype.ts'
import { bitsOf, kindOf } from '../../ir/dtype.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { inlineTensor, stringTensor } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import { broadcastShapes } from './broadcast.ts'

/** For `computeRefuses`: strings and complex numbers are compared and chosen on the host. */
export function hasNoNumbers(k: { dtype(input: number): DType | undefined }): string | undefined {
  const dtype = k.dtype(1)
  return dtype !== undefined && ['string', 'complex'].includes(kindOf(dtype)) ? `${dtype} is no number of the expression language` : undefined
}

/** For each element of the broadcast shape, in order, the place in a tensor of `shape`. */
function places(shape: readonly number[], broadcast: readonly number[]): number[] {
  const strides = broadcast.map(() => 0)
  for (let d = shape.length - 1, size = 1; d >= 0; d--) {
    strides[d + broadcast.length - shape.length] = shape[d] === 1 ? 0 : size
    size *= shape[d]!
  }
  return Array.from({ length: elementCount(broadcast) }, (_, flat) => {
    let place = 0
    for (let d = broadcast.length - 1, rest = flat; d >= 0; d--) {
      place += (rest % broadcast[d]!) * strides[d]!
      rest = Math.floor(rest / broadcast[d]!)
    }
    return place
  })
}

/** A bool tensor of what `f` says of each pair of strings that meet in the broadcast. */
export function zipStrings(a: Tensor, b: Tensor, f: (a: string, b: string) => boolean): Tensor {
  const shape = broadcastShapes([a.shape, b.shape]) as readonly number[]
  const [p, q] = [places(a.shape, shape), places(b.shape, shape)]
  return inlineTensor('bool', shape, Uint8Array.from(p, (at, i) => (f(a.strings![at]!, b.strings![q[i]!]!) ? 1 : 0)))
}

/** Elements of `a` where the condition holds, else of `b`: strings, or elements of whole bytes. */
export function whereOnHost(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes([condition.shape, a.shape, b.shape]) as readonly number[]
  const holds = condition.peek()!
  const [c, p, q] = [condition, a, b].map(t => places(t.shape, shape))
  const chosen = c!.map((at, i): [Tensor, number] => (holds[at] ? [a, p![i]!] : [b, q![i]!]))
  if (a.strings) return stringTensor(shape, chosen.map(([t, at]) => t.strings![at]!))
  const size = bitsOf(a.dtype) / 8
  const bytes = new Uint8Array(chosen.length * size)
  chosen.forEach(([t, at], i) => bytes.set(t.peek()!.subarray(at * size, (at + 1) * size), i * size))
  return inlineTensor(a.dtype, shape, bytes)
}

/** The strings that meet in the broadcast, one after the other. */
export function joinStrings(a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes([a.shape, b.shape]) as readonly number[]
  const [p, q] = [places(a.shape, shape), places(b.shape, shape)]
  return stringTensor(shape, p.map((at, i) => a.strings![at]! + b.strings![q[i]!]!))
}
