import type { DType } from '../../ir/dtype.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { inlineTensor, stringTensor } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import { broadcastShapes } from './broadcast.ts'

/** For `computeRefuses`: strings are compared and chosen on the host. */
export const hasStrings = (k: { dtype(input: number): DType | undefined }): string | undefined =>
  [0, 1].some(i => k.dtype(i) === 'string') ? 'strings are not numbers' : undefined

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

/** Strings of `a` where the condition holds, else of `b`. */
export function whereStrings(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes([condition.shape, a.shape, b.shape]) as readonly number[]
  const holds = condition.peek()!
  const [c, p, q] = [condition, a, b].map(t => places(t.shape, shape))
  return stringTensor(shape, c!.map((at, i) => (holds[at] ? a.strings![p![i]!]! : b.strings![q![i]!]!)))
}
