import { stage } from '../../expr/expr.ts'
import { Concat } from '../Concat.ts'
import { integerAt, oneOf, realAt, regrided } from '../kit/qlinear.ts'
import type { Operator } from '../operator.ts'

/** Inputs: the scale and zero point of the result, then tensor, scale and zero point of each part. */
const places = (ctx: { readonly inputCount: number; fail(message: string): never }): readonly number[] => {
  if (ctx.inputCount < 5 || (ctx.inputCount - 2) % 3 !== 0) ctx.fail(`it has ${ctx.inputCount} inputs; each part takes three`)
  return Array.from({ length: (ctx.inputCount - 2) / 3 }, (_, p) => 2 + 3 * p)
}

export const QLinearConcat: Operator = {
  name: 'QLinearConcat',
  domain: 'com.microsoft',
  infer(ctx) {
    const parts = places(ctx)
    Concat.infer({ ...ctx, inputCount: parts.length, shape: p => ctx.shape(parts[p]!), dtype: p => ctx.dtype(parts[p]!), shapeValue: () => undefined })
  },
  compute(k) {
    const parts = places(k).map(at => {
      const x = k.input(at)
      const moved = regrided(k, x, [at + 1, at + 2], [0, 1])
      return stage(x.shape, x.dtype, (...i) => moved(i))
    })
    return Concat.compute!({ ...k, inputCount: parts.length, input: p => parts[p]! })
  },
  decompose(b, node) {
    const parts = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, p) => realAt(b, node, 2 + 3 * p))
    return oneOf(integerAt(b, node, b.op('Concat', parts, node.attributes), 0, node.inputs[2]))
  },
}
