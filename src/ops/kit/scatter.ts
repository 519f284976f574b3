import type { ComputeContext, InferContext, VersionStep } from '../operator.ts'
import { withoutString } from './steps.ts'

const kinds: Readonly<Record<string, 'set' | 'add' | 'mul' | 'min' | 'max'>> = { none: 'set', add: 'add', mul: 'mul', min: 'min', max: 'max' }

/** Sums and products of truth values, as NumPy has them. */
const ofBools: Readonly<Record<string, 'max' | 'min'>> = { add: 'max', mul: 'min' }

/** Texts can be put, not joined. For `infer`. */
export function checkReduction(ctx: InferContext): void {
  if (ctx.dtype(0) === 'string' && ctx.attributes.string('reduction', 'none') !== 'none') ctx.fail('a reduction of strings')
}

/** How `reduction` joins what is scattered with what is there. */
export const reductionOf = (k: ComputeContext): 'set' | 'add' | 'mul' | 'min' | 'max' => {
  const name = k.attributes.string('reduction', 'none')
  const kind = kinds[name] ?? k.fail(`reduction ${name}`)
  return k.outputDType(0) === 'bool' ? (ofBools[kind] ?? kind) : kind
}

/** Steps back of the scatter operators: min and max came with 18, add and mul with 16. */
export const scatterDowngrade: Readonly<Record<number, (step: VersionStep) => void>> = {
  18(step) {
    const name = step.attributes.string('reduction', 'none')
    if (name === 'min' || name === 'max') step.refuse(`reduction ${name} came later`)
  },
  16: withoutString('reduction', 'none'),
}
