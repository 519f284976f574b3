import type { ComputeContext, VersionStep } from '../operator.ts'
import { withoutString } from './steps.ts'

const kinds: Readonly<Record<string, 'set' | 'add' | 'mul' | 'min' | 'max'>> = { none: 'set', add: 'add', mul: 'mul', min: 'min', max: 'max' }

/** How `reduction` joins what is scattered with what is there. */
export const reductionOf = (k: ComputeContext): 'set' | 'add' | 'mul' | 'min' | 'max' => {
  const name = k.attributes.string('reduction', 'none')
  return kinds[name] ?? k.fail(`reduction ${name}`)
}

/** Steps back of the scatter operators: min and max came with 18, add and mul with 16. */
export const scatterDowngrade: Readonly<Record<number, (step: VersionStep) => void>> = {
  18(step) {
    const name = step.attributes.string('reduction', 'none')
    if (name === 'min' || name === 'max') step.refuse(`reduction ${name} came later`)
  },
  16: withoutString('reduction', 'none'),
}
