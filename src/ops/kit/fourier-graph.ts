import type { DType } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { shapeOf } from './algebra.ts'
import { tensorOfDoubles } from './doubles.ts'
import type { Spectrum } from './fourier.ts'
import { binsOf, fourierMatrix, partsOf } from './fourier.ts'

/** Matrices of more elements are not written into a graph: 16 MB of float32, a complex transform of about 1,000 points. */
const matrixLimit = 2 ** 22

/** Whether the transform's matrix is of a size to be written into a graph. */
export const hasMatrix = (form: Spectrum): boolean => form.given * form.parts * binsOf(form) * partsOf(form) <= matrixLimit

/** A transform along an axis as a product with a constant matrix; undefined when that would be too large. */
export function multiplyBySpectrum(b: Builder, x: Value, axis: number, form: Spectrum, dtype: DType): Value | undefined {
  const shape = shapeOf(x)!
  if (!hasMatrix(form)) return undefined
  const [bins, parts, rank] = [binsOf(form), partsOf(form), shape.length]
  const others = Array.from({ length: rank - 1 }, (_, i) => i).filter(i => i !== axis)
  const moved = axis === rank - 2 ? x : b.op('Transpose', [x], { perm: [...others, axis, rank - 1] })
  const kept = others.map(() => 0)
  const flat = b.op('Reshape', [moved, b.ints([...kept, form.given * form.parts])])
  const matrix = b.constant(tensorOfDoubles(dtype, [form.given * form.parts, bins * parts], fourierMatrix(form)))
  const product = b.op('Reshape', [b.op('MatMul', [flat, matrix]), b.ints([...kept, bins, parts])])
  if (axis === rank - 2) return product
  const back = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 2 : i === rank - 1 ? i : others.indexOf(i)))
  return b.op('Transpose', [product], { perm: back })
}
