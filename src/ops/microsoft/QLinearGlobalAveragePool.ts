import { constant, read, stage, sum } from '../../expr/expr.ts'
import { elementCount } from '../../ir/types.ts'
import { nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { integerAt, oneOf, realAt } from '../kit/qlinear.ts'
import { gridAt, only, requantized, single } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

/** The mean over the axes between batch and channels (channels_last) or after the channels. */
export const QLinearGlobalAveragePool: Operator = {
  name: 'QLinearGlobalAveragePool',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape !== undefined && shape.length < 3) ctx.fail(`its input has rank ${shape.length}`)
    const channel = ctx.attributes.int('channels_last', 0) === 0 ? 1 : (shape?.length ?? 0) - 1
    ctx.output(0, ctx.dtype(0), shape?.map((d, i) => (i === 0 || i === channel ? d : 1)))
  },
  compute(k) {
    const x = k.input(0)
    const channel = k.attributes.int('channels_last', 0) === 0 ? 1 : x.shape.length - 1
    const image = x.shape.filter((_, i) => i !== 0 && i !== channel)
    const [from, to] = [gridAt(k, 1), gridAt(k, 3)]
    const ratio = stage([], 'float32', () => only(k.input(1)).div(single(to.scale.mul(constant(elementCount(image), 'float')))))
    return [
      stage(k.outputShape(0), x.dtype, (...i) => {
        const total = sum(image, (...t) => {
          let next = 0
          return read(x, x.shape.map((_, axis) => (axis === 0 || axis === channel ? i[axis]! : t[next++]!))).sub(from.zero)
        })
        return requantized(total, read(ratio, []), to.zero, x.dtype)
      }),
    ]
  },
  decompose(b, node) {
    const rank = shapeOf(node.inputs[0])?.length
    if (rank === undefined) return undefined
    const last = nodeAttributes(node).int('channels_last', 0) !== 0
    const axes = Array.from({ length: rank - 2 }, (_, i) => i + (last ? 1 : 2))
    return oneOf(integerAt(b, node, b.op('ReduceMean', [realAt(b, node, 0), b.ints(axes)]), 3))
  },
}
