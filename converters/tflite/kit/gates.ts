import type { Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, deferredTensor, viewOf } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'

/** A float32 constant of `shape`: the elements of another from `start` on. */
export function part(b: Builder, value: Value, start: number, shape: readonly number[]): Value {
  const [end, whole] = [start + elementCount(shape), value.constant!]
  const tensor: Tensor = deferredTensor('float32', shape, [whole], `elements ${start} to ${end} as [${shape.join()}]`, ([bytes]) => bytes!.subarray(4 * start, 4 * end))
  return b.constant(tensor, value.name)
}

/** The sum of two stretches of a float32 constant, rounded once. */
export function summed(b: Builder, value: Value, [first, second]: readonly [number, number], shape: readonly number[]): Value {
  const count = elementCount(shape)
  const tensor = deferredTensor('float32', shape, [value.constant!], `elements ${first} and ${second} for [${shape.join()}]`, ([bytes]) => {
    const all = viewOf('float32', bytes!) as Float32Array
    return bytesOf(Float32Array.from({ length: count }, (_, i) => all[first + i]! + all[second + i]!))
  })
  return b.constant(tensor, value.name)
}
