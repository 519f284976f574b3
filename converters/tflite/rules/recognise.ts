import type { Node } from '../../../src/ir/model.ts'
import { isNear } from '../../../src/passes/kit/values.ts'
import { geluSums, sameShape } from '../../../src/passes/recognise-gelu.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { normalizeForms } from './normalize.ts'
import { sourceRules } from './quantize-sources.ts'
import { rotaryForms } from './rotary.ts'
import { shuffleForms } from './shuffle.ts'

const halvedLater = (root: Node): boolean => [...(root.outputs[0]?.uses ?? [])].some(use => 'node' in use && use.node.op === 'Mul' && use.node.inputs.some(v => isNear(v, 0.5)))

/** Gelu whose half has gone into weights. */
const doubled: readonly Rule[] = geluSums.map(({ name, approximate, sum }) =>
  rule(`recognise-gelu-${name}-doubled`, p => p.Mul(p.x, sum(p)), (match, make, refuse) => {
    const x = match.values['x']!
    if (!sameShape(x, match.root) || halvedLater(match.root)) return refuse('the shape changes, or the half follows')
    const y = make.Gelu(x, { approximate })
    return make.Add(y, y)
  }),
)

/** Gelu whose half has gone into weights; groups, unit vectors, shuffled pixels and rotations; other spellings of quantized operators. */
export const recogniseRules: readonly Rule[] = [...doubled, ...normalizeForms, ...shuffleForms, ...rotaryForms, ...sourceRules]
