import { cast, read, stage } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { bitsOf, kindOf } from '../../ir/dtype.ts'
import { minifloatTable } from '../../ir/minifloat.ts'
import type { InferContext, Operator, VersionStep } from '../operator.ts'
import { elementsOf, tensorOfElements } from './elements.ts'
import type { SmallFloat } from './minifloat.ts'
import { isSmallFloat } from './minifloat.ts'
import { knownElements } from './elementwise.ts'

const noNumber = (dtype: DType | undefined): boolean => dtype !== undefined && ['string', 'complex'].includes(kindOf(dtype))

/** The largest number of a small float. */
const largestOf = (dtype: SmallFloat): number => minifloatTable(dtype).reduce((most, x) => (x > most && x < Infinity ? x : most), 0)

/** Infers a cast to `to`. Sizes pass through integers of 32 bits and more. */
export function inferCast(ctx: InferContext, to: DType | undefined): void {
  const known = to !== undefined && ['int', 'uint'].includes(kindOf(to)) && bitsOf(to) >= 32 ? knownElements(ctx, 0) : undefined
  ctx.output(0, to, ctx.shape(0), known as readonly Dim[] | undefined)
}

/** What Cast and CastLike share: from the first input to the output's dtype. Strings, and what becomes a power of two, are converted on the host. */
export const castMeaning: Pick<Operator, 'compute' | 'computeRefuses' | 'evaluate'> = {
  computeRefuses: k => (noNumber(k.dtype(0)) || noNumber(k.outputDType(0)) || k.outputDType(0) === 'float8e8m0' ? 'no number of the expression language' : undefined),
  compute(k) {
    const x = k.input(0)
    const dtype = k.outputDType(0)
    if (!isSmallFloat(dtype)) return [stage(x.shape, dtype, (...i) => read(x, i))]
    const largest = k.attributes.int('saturate', 1) !== 0 ? largestOf(dtype) : Infinity
    return [stage(x.shape, dtype, (...i) => cast(read(x, i), x.dtype === 'float64' ? 'double' : 'float').clamp(-largest, largest))]
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    if (kindOf(x.dtype) === 'complex' || kindOf(ctx.outputDType(0)) === 'complex') ctx.fail('complex numbers are not cast')
    const rounding = ctx.attributes.string('round_mode', 'up')
    if (rounding !== 'up' && rounding !== 'down' && rounding !== 'nearest') return ctx.fail(`round_mode ${rounding} is none of up, down, nearest`)
    return [tensorOfElements(ctx.outputDType(0), x.shape, elementsOf(x), x.dtype, { saturate: ctx.attributes.int('saturate', 1) !== 0, rounding })]
  },
}

/** Steps back over the attributes that speak of 8-bit floats; before these there were no such floats. */
export function castDowngrades(target: (step: VersionStep) => DType | undefined): NonNullable<Operator['downgrade']> {
  const without = (name: string, isNew: (dtype: DType) => boolean) => (step: VersionStep) => {
    const dtype = target(step)
    if (dtype !== undefined && isNew(dtype)) step.refuse(`${dtype} came later`)
    step.setAttribute(name, undefined)
  }
  return { 24: without('round_mode', d => d === 'float8e8m0'), 19: without('saturate', isSmallFloat) }
}
