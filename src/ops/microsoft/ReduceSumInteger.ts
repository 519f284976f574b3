import { numberOfDType } from '../kit/datatype.ts'
import { reducedShape } from '../kit/qlinear.ts'
import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'

/** The sum over `axes` in 32 bits, signed as its input is. */
export const ReduceSumInteger: Operator = {
  name: 'ReduceSumInteger',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.dtype(0) && (ctx.dtype(0) === 'int8' ? 'int32' : 'uint32'), reducedShape(ctx)),
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const wide = dtypeOf(node.inputs[0]) === 'int8' ? 'int32' : 'uint32'
    const axes = attributes.ints('axes') ?? []
    return [b.op('ReduceSum', [b.op('Cast', [node.inputs[0]], { to: numberOfDType(wide) }), b.ints(axes)], { keepdims: attributes.int('keepdims', 1) })]
  },
}
