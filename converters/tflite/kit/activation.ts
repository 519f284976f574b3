import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf } from '../operator.ts'

/** A fused activation, as ActivationFunctionType names it, in ONNX operators. Undefined when it has no form there. */
export function activate(b: Builder, value: Value, activation: string | undefined): Value | undefined {
  const dtype = dtypeOf(value) ?? 'float32'
  switch (activation) {
    case undefined: case 'NONE': return value
    case 'RELU': return b.op('Relu', [value])
    case 'RELU6': return b.op('Clip', [value, b.scalar(0, dtype), b.scalar(6, dtype)])
    case 'RELU_N1_TO_1': return b.op('Clip', [value, b.scalar(-1, dtype), b.scalar(1, dtype)])
    case 'TANH': return b.op('Tanh', [value])
    default: return undefined
  }
}
