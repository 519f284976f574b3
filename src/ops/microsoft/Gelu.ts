import type { Operator } from '../operator.ts'

export const Gelu: Operator = {
  name: 'Gelu',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose: (b, node) => [b.op('Gelu', [node.inputs[0]])],
}
