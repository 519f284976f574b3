import type { Node } from '../ir/model.ts'
import { rule } from '../rewrite/pattern.ts'
import type { Rule } from '../rewrite/rule.ts'
import { linearOf } from './kit/linear.ts'
import { constantOf, intOf, numbersOf, shapeOf } from './kit/values.ts'
import { takeTensor } from './kit/weights.ts'
import type { Pass } from './pass.ts'
import { rulesPass } from './pass.ts'

/** The order in which a Gather takes channels, all of them once. */
function orderOf(gather: Node): readonly number[] | undefined {
  const shape = shapeOf(gather.inputs[0])
  const axis = intOf(gather, 'axis', 0)
  const size = shape?.[1]
  const numbers = gather.inputs[1]!.isConstant && shapeOf(gather.inputs[1])?.length === 1 ? numbersOf(gather.inputs[1]) : undefined
  if (shape === undefined || shape.length < 3 || typeof size !== 'number' || (axis !== 1 && axis !== 1 - shape.length) || numbers?.length !== size) return undefined
  const order = numbers.map(n => (n < 0 ? n + size : n))
  return new Set(order).size === size ? order : undefined
}

const isWhole = (conv: Node): boolean => typeof linearOf(conv) !== 'string' && intOf(conv, 'group', 1) === 1

export const gatherFolds: readonly Rule[] = [
  rule('fold-gather-after-conv', p => p.Gather(p.Conv(p.x).rest().as('conv'), p.constant('order')), ({ root, nodes, x }, make, refuse) => {
    const conv = nodes['conv']!
    const order = orderOf(root)
    if (order === undefined || !isWhole(conv)) return refuse('it is not an order of channels, or the weights can not be changed')
    const taken = conv.inputs.slice(1).map(v => v && make.constant(takeTensor(constantOf(v)!, 0, order), v.name))
    return make.op('Conv', [x, ...taken], conv.attributes)
  }),
  rule('fold-gather-before-conv', p => p.Conv(p.Gather(p.x, p.constant('order')).as('gather')).rest(), ({ root, nodes, x }, make, refuse) => {
    const order = orderOf(nodes['gather']!)
    if (order === undefined || !isWhole(root)) return refuse('it is not an order of channels, or the weights can not be changed')
    const back = order.map((_, i) => order.indexOf(i))
    const weight = root.inputs[1]!
    return make.op('Conv', [x, make.constant(takeTensor(constantOf(weight)!, 1, back), weight.name), root.inputs[2]], root.attributes)
  }),
]

/** Folds another order of channels into the weights of the convolution before or after. */
export const foldGathers: Pass = rulesPass('fold-gathers', gatherFolds)
