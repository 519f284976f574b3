import type { Operator } from '../operator.ts'
import { DequantizeLinear as plain } from '../DequantizeLinear.ts'

/** ONNX's operator, in the form that had more dtypes before it. */
export const DequantizeLinear: Operator = {
  name: 'DequantizeLinear',
  domain: 'com.microsoft',
  infer: plain.infer,
  decompose: (b, node) => [b.op('DequantizeLinear', node.inputs, node.attributes)],
}
