import type { Expr } from '../expr/expr.ts'
import { read, reduce, stage, sum } from '../expr/expr.ts'
import { sumsOf } from './kit/conv.ts'
import { computeLoss, decomposeLoss, inferLoss } from './kit/loss.ts'
import type { Operator } from './operator.ts'

export const SoftmaxCrossEntropyLoss: Operator = {
  name: 'SoftmaxCrossEntropyLoss',
  infer(ctx) {
    inferLoss(ctx)
    if (ctx.hasOutput(1)) ctx.output(1, ctx.dtype(0), ctx.shape(0))
  },
  compute(k) {
    const x = k.input(0)
    const [batch, classes, ...rest] = x.shape as [number, number, ...number[]]
    const held = sumsOf(x.dtype)
    const at = (i: readonly Expr[], c: Expr): Expr => read(x, [i[0]!, c, ...i.slice(1)])
    const most = stage([batch, ...rest], held, (...i) => reduce('max', [classes], c => at(i, c!)))
    const total = stage([batch, ...rest], held, (...i) => sum([classes], c => at(i, c!).sub(read(most, i)).apply('exp')).apply('log'))
    const logs = stage(x.shape, x.dtype, (...i) => {
      const place = [i[0]!, ...i.slice(2)]
      return read(x, i).sub(read(most, place)).sub(read(total, place))
    })
    const loss = computeLoss(k, logs)
    return k.hasOutput(1) ? [loss, logs] : [loss]
  },
  decompose(b, node) {
    const logs = b.op('LogSoftmax', [node.inputs[0]], { axis: 1 })
    const loss = decomposeLoss(b, node, logs)
    return loss && [loss, logs].slice(0, node.outputs.length)
  },
}
