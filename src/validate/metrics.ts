import type { Datum, Tensor } from '../ir/tensor.ts'
import { isDictionary, isTensor, numbersOf } from '../ir/tensor.ts'
import { kindOf } from '../ir/dtype.ts'

/** How far a value is from the one that is held to be right. */
export interface Difference {
  /** Largest difference of two elements. */
  readonly maxAbs: number
  /** Where it is: flat index. */
  readonly worst: number
  /** Euclidean norm of the difference over that of the reference; absolute when the reference is all zero. */
  readonly relL2: number
  /** Root of the mean square of the difference. */
  readonly rms: number
  readonly cosine: number
  /** Elements of which exactly one is NaN, or that are infinite and unlike. */
  readonly unlike: number
  /** Elements that are not the same. */
  readonly unequal: number
  readonly count: number
}

/** What keeps two values from being compared element by element. */
export interface Incomparable {
  readonly reason: string
}

/** Compares elements in double precision. Shapes must be the same; dtypes may differ. */
export async function differenceOf(expected: Tensor, actual: Tensor): Promise<Difference | Incomparable> {
  if (expected.shape.length !== actual.shape.length || expected.shape.some((n, d) => n !== actual.shape[d]))
    return { reason: `shape [${expected.shape.join(', ')}] became [${actual.shape.join(', ')}]` }
  if (expected.strings || actual.strings) {
    const [p, q] = [expected.strings ?? [], actual.strings ?? []]
    const unequal = p.filter((s, i) => s !== q[i]).length
    return { maxAbs: unequal ? Infinity : 0, worst: p.findIndex((s, i) => s !== q[i]), relL2: unequal ? Infinity : 0, rms: 0, cosine: 1, unlike: unequal, unequal, count: p.length }
  }
  const [p, q] = [numbersOf(expected.dtype, await expected.load()), numbersOf(actual.dtype, await actual.load())]
  let maxAbs = 0
  let worst = 0
  let squares = 0
  let reference = 0
  let other = 0
  let product = 0
  let unlike = 0
  let unequal = 0
  for (let i = 0; i < p.length; i++) {
    const [x, y] = [p[i]!, q[i]!]
    if (Object.is(x, y) || x === y) {
      if (Number.isFinite(x)) {
        reference += x * x
        other += y * y
        product += x * y
      }
      continue
    }
    if (Number.isNaN(x) && Number.isNaN(y)) continue
    unequal++
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      unlike++
      maxAbs = Infinity
      worst = i
      continue
    }
    const d = Math.abs(x - y)
    if (d > maxAbs) {
      maxAbs = d
      worst = i
    }
    squares += d * d
    reference += x * x
    other += y * y
    product += x * y
  }
  const norm = Math.sqrt(squares)
  return {
    maxAbs,
    worst,
    relL2: unlike > 0 ? Infinity : reference > 0 ? norm / Math.sqrt(reference) : norm,
    rms: Math.sqrt(squares / Math.max(1, p.length)),
    cosine: reference > 0 && other > 0 ? product / Math.sqrt(reference * other) : 1,
    unlike,
    unequal,
    count: p.length,
  }
}

/** Whether values of this dtype must be the same to the bit. */
export const mustBeEqual = (tensor: Tensor): boolean => !['float', 'complex'].includes(kindOf(tensor.dtype))

/** A datum's tensors, flattened in order. */
export const tensorsOf = (datum: Datum): readonly Tensor[] => (datum === null ? [] : isTensor(datum) ? [datum] : isDictionary(datum) ? [datum.keys, datum.values] : datum.flatMap(tensorsOf))
