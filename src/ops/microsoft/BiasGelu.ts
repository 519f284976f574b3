import { inferBroadcast } from '../kit/elementwise.ts'
import type { Operator } from '../operator.ts'

export const BiasGelu: Operator = {
  name: 'BiasGelu',
  domain: 'com.microsoft',
  infer: ctx => inferBroadcast(ctx),
  decompose: (b, node) => [b.op('Gelu', [b.op('Add', node.inputs)])],
}
