import type { Node, Value } from '../../../src/ir/model.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { autoPad, onChannelsFirst, paddingOf, stepsOf, windowCount } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Data N, H, W, C; weights O, H, W, C of a group; bias. */
export const CONV_2D: TfliteOperator = tfliteOperator({
  name: 'CONV_2D',
  options: 'Conv2DOptions',
  infer(ctx) {
    const [x, w] = [ctx.shape(0), ctx.shape(1)]
    if (x === undefined || w === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(4))
    if (x.length !== 4 || w.length !== 4) ctx.fail('data and weights have 4 axes')
    const { strides, dilations } = stepsOf(ctx.attributes)
    if (strides.some(s => s < 1) || dilations.some(d => d < 1)) ctx.fail(`strides ${strides.join()} and dilations ${dilations.join()}`)
    ctx.output(0, ctx.dtype(0), [x[0]!, ...strides.map((s, i) => windowCount(x[i + 1]!, w[i + 1]!, s, dilations[i]!, paddingOf(ctx.attributes))), w[0]!])
  },
  decompose(b, node) {
    const [x, w, bias] = node.inputs
    const a = optionsOf(node)
    const [channels, own] = [shapeOf(x)?.[3], shapeOf(w)?.[3]]
    if (typeof channels !== 'number' || typeof own !== 'number') return undefined
    return onChannelsFirst(b, node, 'Conv', x!, [b.op('Transpose', [w], { perm: [0, 3, 1, 2] }), bias], { ...stepsOf(a), auto_pad: autoPad(paddingOf(a)), group: channels / own })
  },
  version: node => (dtypeOf(node.inputs[1]) === 'int4' ? 7 : grouped(node) ? 6 : dtypeOf(node.inputs[1]) === 'int8' ? (dtypeOf(node.inputs[0]) === 'float32' ? 5 : dtypeOf(node.inputs[0]) === 'int16' ? 4 : 3) : 1),
  takes: { dtypes: [floats, floats, floats] },
})

const shapeOf = (v: Value | undefined) => (v?.type?.kind === 'tensor' ? v.type.shape : undefined)

function grouped(node: Node): boolean {
  const [channels, own] = [shapeOf(node.inputs[0])?.[3], shapeOf(node.inputs[1])?.[3]]
  return typeof channels === 'number' && typeof own === 'number' && channels !== own
}
