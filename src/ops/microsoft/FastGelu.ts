import type { Operator } from '../operator.ts'

export const FastGelu: Operator = {
  name: 'FastGelu',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose: (b, { inputs: [x, bias] }) => [b.op('Gelu', [bias ? b.op('Add', [x, bias]) : x], { approximate: 'tanh' })],
}
