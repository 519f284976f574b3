// Differences from onnxruntime that are not ours: each says what happens, whose it is and how that was seen. The conditions are as
// narrow as the fault, so that another of the same operator still shows.
import { elementsOf } from '../graphs/elements.mjs'

const largest = 3.4028234663852886e38
const wrong = f => f.wrong.map(i => [elementsOf(f.actual)[i], elementsOf(f.expected)[i]])

export const known = [
  {
    id: 'activation-range', whose: 'the runtime', kind: /^kernel$/, when: f => f.wrong?.length > 0 && wrong(f).every(([a, e]) => Math.abs(a) === largest && Math.abs(e) === Infinity),
    why: 'operators that have an activation clamp to the range of float32 when they have none: an infinity becomes the largest number.',
  },
  {
    id: 'float32-range', whose: 'open', kind: /^(kernel|rule|reread)$/, when: f => f.far,
    why: 'squares or products of 1e15 and more (1e-30 and less) leave the range of float32 on the way in the forms that TFLite has; the type of intermediate results is not stated.',
  },
]

/** The entry that explains a finding, if one does. */
export const knownDifference = finding => known.find(k => k.kind.test(finding.kind) && (!k.runtime || k.runtime === finding.runtime) && k.when(finding))
