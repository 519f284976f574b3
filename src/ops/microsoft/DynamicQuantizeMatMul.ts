import type { Operator } from '../operator.ts'
import { MatMul } from '../MatMul.ts'

/** Inputs: A, B, the scale and zero point of B, and a bias. A is quantized with a scale of its own for all its elements. */
export const DynamicQuantizeMatMul: Operator = {
  name: 'DynamicQuantizeMatMul',
  domain: 'com.microsoft',
  infer: MatMul.infer,
  decompose(b, node) {
    const [a, w, scale, zero, bias] = node.inputs
    const [integers, unit, origin] = b.ops('DynamicQuantizeLinear', [a], 3)
    return [b.op('com.microsoft::MatMulIntegerToFloat', [integers, w, unit, scale, origin, zero, bias])]
  },
}
