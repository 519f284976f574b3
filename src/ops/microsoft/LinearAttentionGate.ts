import type { Value } from '../../ir/model.ts'
import { dtypeOf } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import type { Operator } from '../operator.ts'

/** What LinearAttention takes as decay and rate, reckoned in float32. */
export const LinearAttentionGate: Operator = {
  name: 'LinearAttentionGate',
  domain: 'com.microsoft',
  infer(ctx) {
    ctx.output(0, ctx.dtype(0), ctx.shape(0))
    if (ctx.hasOutput(1) && !ctx.has(3)) ctx.fail('beta without b')
    ctx.output(1, ctx.dtype(3), ctx.shape(3))
  },
  decompose(b, { inputs: [a, shift, scale, rate] }) {
    const dtype = dtypeOf(a)
    if (dtype === undefined) return undefined
    const cast = (x: Value | undefined, to: typeof dtype): Value => (dtypeOf(x) === to ? x! : b.op('Cast', [x], { to: numberOfDType(to) }))
    const decay = b.op('Mul', [b.op('Softplus', [b.op('Add', [cast(a, 'float32'), shift])]), scale])
    return [cast(decay, dtype), rate && cast(b.op('Sigmoid', [cast(rate, 'float32')]), dtype)]
  },
}
