import type { Node } from '../ir/model.ts'
import { float } from '../ir/attribute.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { floatOf, isFloat, isNear, numbersOf, shapeOf } from './kit/values.ts'
import { shapeEquals } from '../ir/types.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const clips = (low: number, high: number) => (node: Node): boolean => numbersOf(node.inputs[1])?.[0] === low && numbersOf(node.inputs[2])?.[0] === high
const isHalf = (node: Node): boolean => Math.abs(floatOf(node, 'alpha', 0.2) - 1 / 6) < 1e-6 && floatOf(node, 'beta', 0.5) === 0.5
const keepsShape = (node: Node, x: Node['inputs'][number]): boolean => isFloat(x) && shapeEquals(shapeOf(x), shapeOf(node.outputs[0]))
const sixth = { alpha: float(1 / 6), beta: float(0.5) }

export const activationRules: readonly Rule[] = [
  rule('recognise-hardswish-div', p => p.Div(p.Mul(p.x, p.Clip(p.Add(p.x, p.value('three', v => isNear(v, 3))), p.l, p.h).where(clips(0, 6))), p.value('six', v => isNear(v, 6))), ({ x, root }, make, refuse) =>
    keepsShape(root, x) ? make.HardSwish(x) : refuse('the shape changes')),
  rule('recognise-hardswish-mul', p => p.Mul(p.Mul(p.x, p.Clip(p.Add(p.x, p.value('three', v => isNear(v, 3))), p.l, p.h).where(clips(0, 6))), p.value('sixth', v => isNear(v, 1 / 6))), ({ x, root }, make, refuse) =>
    keepsShape(root, x) ? make.HardSwish(x) : refuse('the shape changes')),
  rule('recognise-hardsigmoid-div', p => p.Div(p.Clip(p.Add(p.x, p.value('three', v => isNear(v, 3))), p.l, p.h).where(clips(0, 6)), p.value('six', v => isNear(v, 6))), ({ x, root }, make, refuse) =>
    keepsShape(root, x) ? make.HardSigmoid(x, sixth) : refuse('the shape changes')),
  rule('recognise-hardsigmoid-mul', p => p.Mul(p.Clip(p.Add(p.x, p.value('three', v => isNear(v, 3))), p.l, p.h).where(clips(0, 6)), p.value('sixth', v => isNear(v, 1 / 6))), ({ x, root }, make, refuse) =>
    keepsShape(root, x) ? make.HardSigmoid(x, sixth) : refuse('the shape changes')),
  rule('recognise-hardswish', p => p.Mul(p.x, p.HardSigmoid(p.x).where(isHalf)), ({ x }, make) => make.HardSwish(x)),
]

/** Finds HardSwish and HardSigmoid where they are spelled out with Add, Clip, Mul and Div. */
export const recogniseActivations: Pass = rulesPass('recognise-activations', activationRules)
