import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { autoPad, onChannelsFirst, paddingOf, stepsOf, windowCount } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Data N, D, H, W, C; weights D, H, W, C of a group, O; bias. */
export const CONV_3D: TfliteOperator = tfliteOperator({
  name: 'CONV_3D',
  options: 'Conv3DOptions',
  infer(ctx) {
    const [x, w] = [ctx.shape(0), ctx.shape(1)]
    if (x === undefined || w === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(5))
    if (x.length !== 5 || w.length !== 5) ctx.fail('data and weights have 5 axes')
    const { strides, dilations } = stepsOf(ctx.attributes, 3)
    if (strides.some(s => s < 1) || dilations.some(d => d < 1)) ctx.fail(`strides ${strides.join()} and dilations ${dilations.join()}`)
    ctx.output(0, ctx.dtype(0), [x[0]!, ...strides.map((s, i) => windowCount(x[i + 1]!, w[i]!, s, dilations[i]!, paddingOf(ctx.attributes))), w[4]!])
  },
  decompose(b, node) {
    const [x, w, bias] = node.inputs
    const a = optionsOf(node)
    return onChannelsFirst(b, node, 'Conv', x!, [b.op('Transpose', [w], { perm: [4, 3, 0, 1, 2] }), bias], { ...stepsOf(a, 3), auto_pad: autoPad(paddingOf(a)) }, 5)
  },
  takes: { dtypes: [floats, floats, floats] },
})
