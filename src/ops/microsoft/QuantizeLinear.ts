import type { Operator } from '../operator.ts'
import { QuantizeLinear as plain } from '../QuantizeLinear.ts'

/** ONNX's operator, in the form that had more dtypes before it. */
export const QuantizeLinear: Operator = {
  name: 'QuantizeLinear',
  domain: 'com.microsoft',
  infer: plain.infer,
  decompose: (b, node) => [b.op('QuantizeLinear', node.inputs, node.attributes)],
}
