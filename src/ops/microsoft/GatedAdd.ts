import type { Operator } from '../operator.ts'

/** x + y * gate; the product is rounded before it is added. */
export const GatedAdd: Operator = {
  name: 'GatedAdd',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose: (b, { inputs: [x, y, gate] }) => [b.op('Add', [x, b.op('Mul', [y, gate])])],
}
