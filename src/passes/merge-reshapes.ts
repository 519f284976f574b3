import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { shapeEquals } from '../ir/types.ts'
import { shapeOf } from './kit/values.ts'
import { reshapeTarget, reshapeTo } from './kit/shapes.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

const reshapes = 'Reshape|Flatten|Squeeze|Unsqueeze'
/** One element at a time, whatever the shape; further inputs have no axes. */
const elementwise = 'Relu|Clip|Sigmoid|HardSigmoid|HardSwish|Tanh|Gelu|Mish|Elu|Selu|Celu|LeakyRelu|Softplus|Swish|Erf|Abs|Neg|Sqrt|Exp|Log|Reciprocal|Cast'

export const reshapeRules: readonly Rule[] = [
  rule('merge-reshapes', p => p.op(reshapes, p.op(reshapes).shared().as('first')).rest(), ({ root, nodes }, make, refuse) => {
    const x = nodes['first']!.inputs[0]!
    const to = shapeOf(root.outputs[0])
    if (to === undefined) return refuse('the shape is not known')
    if (shapeEquals(shapeOf(x), to)) return x
    return reshapeTo(make, x, shapeOf(x), to) ?? refuse('more than one size would have to be found at run time')
  }),
  rule('merge-reshapes-round-activation', p => p.op(reshapes, p.op(elementwise, p.op(reshapes).as('first')).rest().as('between')).rest(), ({ root, nodes }, make, refuse) => {
    const [x, between] = [nodes['first']!.inputs[0]!, nodes['between']!]
    const to = shapeOf(root.outputs[0])
    return to && shapeEquals(shapeOf(x), to) ? make.op(between.op, [x, ...between.inputs.slice(1)], between.attributes) : refuse('the shape is another afterwards')
  }),
  rule('state-reshape', p => p.Reshape(p.x, p.s).where(n => !n.inputs[1]!.isConstant), ({ root, x }, make, refuse) => {
    const to = shapeOf(root.outputs[0])
    const target = to && reshapeTarget(shapeOf(x), to)
    return target ? make.Reshape(x, make.ints(target)) : refuse('more than one size would have to be found at run time')
  }),
]

/** Merges reshapes, squeezes and unsqueezes that follow each other, and states shapes that are known. */
export const mergeReshapes: Pass = rulesPass('merge-reshapes', reshapeRules)
