import { float32Tensor } from '../../../src/ir/tensor.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { dtypeOf, intOf, shapeOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'

/** Halves that change places, one of them negated, times a sine: the sign goes to the sine, which all layers share. */
export const rotaryForms: readonly Rule[] = [
  rule('negate-sine', p => p.Mul(p.Concat(p.Neg(p.a), p.b).as('halves'), p.value('sine')), ({ root, nodes, a, b, sine }, make, refuse) => {
    const [whole, first, rank] = [shapeOf(root.outputs[0]), shapeOf(a)?.at(-1), shapeOf(a)?.length]
    const size = shapeOf(sine)?.at(-1)
    const axis = intOf(nodes['halves']!, 'axis', 0)
    if (rank === undefined || whole?.length !== rank || (axis !== -1 && axis !== rank - 1)) return refuse('it is not along the last axis')
    if (typeof size !== 'number' || typeof first !== 'number' || whole.at(-1) !== size || dtypeOf(sine) !== 'float32') return refuse('the sine does not lie along the axis')
    const signs = make.constant(float32Tensor(Array.from({ length: writtenOut(size) }, (_, i) => (i < first ? -1 : 1)), [size]))
    return make.Mul(make.Concat(a, b, nodes['halves']!.attributes), make.Mul(sine, signs))
  }),
]
