import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator, versionBy } from '../operator.ts'

/** Numbers out of integers and a scale, or out of float16. Only the latter has a meaning without its tensors' scales. */
export const DEQUANTIZE: TfliteOperator = tfliteOperator({
  name: 'DEQUANTIZE',
  options: 'DequantizeOptions',
  infer: ctx => ctx.output(0, 'float32', ctx.shape(0)),
  decompose: (b, node) => (dtypeOf(node.inputs[0]) === 'float16' ? [b.op('Cast', [node.inputs[0]], { to: 1 })] : undefined),
  version: versionBy({ int8: 2, float16: 3, int16: 3, int4: 6 }),
  takes: { dtypes: [['float16']] },
})
