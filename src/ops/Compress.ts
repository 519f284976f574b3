import { unknownDim } from '../ir/dim.ts'
import { elementCount } from '../ir/types.ts'
import { reshapedTensor } from '../ir/tensor.ts'
import { nodeAttributes } from './kit/algebra.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { takeAlong } from './kit/host.ts'
import type { Operator } from './operator.ts'

export const Compress: Operator = {
  name: 'Compress',
  widening: 'ordered',
  infer(ctx) {
    const [shape, axis] = [ctx.shape(0), ctx.attributes.int('axis')]
    if (axis === undefined) return ctx.output(0, ctx.dtype(0), [unknownDim()])
    ctx.output(0, ctx.dtype(0), shape && replaceAt(shape, axisOf(ctx, axis, shape.length), unknownDim()))
  },
  decompose(b, node) {
    const [x, condition] = node.inputs
    const axis = nodeAttributes(node).int('axis')
    const chosen = b.op('Reshape', [b.op('NonZero', [condition]), b.ints([-1])])
    return [b.op('Gather', [axis === undefined ? b.op('Reshape', [x, b.ints([-1])]) : x, chosen], { axis: axis ?? 0 })]
  },
  evaluate(ctx) {
    const [given, axis] = [ctx.tensor(0), ctx.attributes.int('axis')]
    const x = axis === undefined ? reshapedTensor(given, [elementCount(given.shape)]) : given
    const at = axis === undefined ? 0 : axisOf(ctx, axis, x.shape.length)
    const chosen = [...ctx.tensor(1).peek()!].flatMap((c, i) => (c !== 0 ? [i] : []))
    if (chosen.some(i => i >= x.shape[at]!)) ctx.fail(`the condition is longer than the axis of size ${x.shape[at]}`)
    return [takeAlong(x, at, chosen)]
  },
}
