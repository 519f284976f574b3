import { unknownShape } from '../../../src/ir/types.ts'
import type { Value } from '../../../src/ir/model.ts'
import { broadcastShapes } from '../../../src/ops/kit/broadcast.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Two shapes (one axis each) and the shape that they broadcast to. */
export const BROADCAST_ARGS: TfliteOperator = tfliteOperator({
  name: 'BROADCAST_ARGS',
  infer(ctx) {
    const [a, b] = [ctx.shapeValue(0), ctx.shapeValue(1)]
    const counts = [ctx.shape(0)?.[0], ctx.shape(1)?.[0]]
    const shape = a && b ? broadcastShapes([a, b]) : undefined
    if (shape === null) return ctx.fail(`[${a!.join()}] and [${b!.join()}] do not broadcast`)
    const rank = counts.every(n => typeof n === 'number') ? Math.max(...counts) : undefined
    ctx.output(0, ctx.dtype(0), shape ? [shape.length] : rank === undefined ? unknownShape(1) : [rank], shape)
  },
  decompose(b, node) {
    const dtype = dtypeOf(node.inputs[0])
    const sizes = node.inputs.map(v => (v?.type?.kind === 'tensor' ? v.type.shape?.[0] : undefined))
    if (dtype === undefined || !sizes.every(n => typeof n === 'number')) return undefined
    const rank = Math.max(...sizes)
    const one = b.scalar(1, dtype)
    const [x, y] = node.inputs.map((v, i) => (sizes[i] === rank ? v! : b.op('Concat', [b.op('Expand', [one, b.ints([rank - sizes[i]!])]), v], { axis: 0 }))) as [Value, Value]
    return [b.op('Where', [b.op('Equal', [x, one]), y, x])]
  },
  takes: { dtypes: [['int32', 'int64']] },
})
