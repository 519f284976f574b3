import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { autoPad, onChannelsFirst, paddingOf, stepsOf, windowCount } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Data N, H, W, C; weights 1, H, W, C times the multiplier; bias. */
export const DEPTHWISE_CONV_2D: TfliteOperator = tfliteOperator({
  name: 'DEPTHWISE_CONV_2D',
  options: 'DepthwiseConv2DOptions',
  infer(ctx) {
    const [x, w] = [ctx.shape(0), ctx.shape(1)]
    if (x === undefined || w === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(4))
    if (x.length !== 4 || w.length !== 4) ctx.fail('data and weights have 4 axes')
    const { strides, dilations } = stepsOf(ctx.attributes)
    if (strides.some(s => s < 1) || dilations.some(d => d < 1)) ctx.fail(`strides ${strides.join()} and dilations ${dilations.join()}`)
    ctx.output(0, ctx.dtype(0), [x[0]!, ...strides.map((s, i) => windowCount(x[i + 1]!, w[i + 1]!, s, dilations[i]!, paddingOf(ctx.attributes))), w[3]!])
  },
  decompose(b, node) {
    const [x, w, bias] = node.inputs
    const a = optionsOf(node)
    const channels = x?.type?.kind === 'tensor' ? x.type.shape?.[3] : undefined
    if (typeof channels !== 'number') return undefined
    return onChannelsFirst(b, node, 'Conv', x!, [b.op('Transpose', [w], { perm: [3, 0, 1, 2] }), bias], { ...stepsOf(a), auto_pad: autoPad(paddingOf(a)), group: channels })
  },
  version(node) {
    if (dtypeOf(node.inputs[1]) === 'int8') return dtypeOf(node.inputs[0]) === 'float32' ? 6 : dtypeOf(node.inputs[0]) === 'int16' ? 5 : 3
    return stepsOf(optionsOf(node)).dilations.some(d => d !== 1) ? 2 : 1
  },
  takes: { dtypes: [floats, floats, floats] },
})
