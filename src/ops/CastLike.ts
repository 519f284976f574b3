import { dtypeOf } from './kit/algebra.ts'
import { castDowngrades, castMeaning, inferCast } from './kit/cast.ts'
import { numberOfDType } from './kit/datatype.ts'
import type { Operator } from './operator.ts'

export const CastLike: Operator = {
  name: 'CastLike',
  widening: 'never',
  infer: ctx => inferCast(ctx, ctx.dtype(1)),
  ...castMeaning,
  decompose(b, node) {
    const to = dtypeOf(node.outputs[0]) ?? dtypeOf(node.inputs[1])
    return to && [b.op('Cast', [node.inputs[0]], { ...node.attributes, to: numberOfDType(to) })]
  },
  downgrade: castDowngrades(step => dtypeOf(step.node.inputs[1])),
}
