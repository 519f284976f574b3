import type { DType } from '../../ir/dtype.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { bytesOf, inlineTensor } from '../../ir/tensor.ts'
import { tensorOfElements } from './elements.ts'

/** A tensor of a float dtype (or another that Cast reaches from float64) of these numbers, rounded once. */
export const tensorOfDoubles = (dtype: DType, shape: readonly number[], numbers: Float64Array): Tensor =>
  dtype === 'float64' || dtype === 'float32'
    ? inlineTensor(dtype, shape, bytesOf(dtype === 'float64' ? numbers : Float32Array.from(numbers)))
    : tensorOfElements(dtype, shape, Array.from(numbers), 'float64', { saturate: true, rounding: 'up' })
