import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Integers of a scale that the output's tensor states. */
export const QUANTIZE: TfliteOperator = tfliteOperator({
  name: 'QUANTIZE',
  options: 'QuantizeOptions',
  infer: ctx => ctx.outputType(0, undefined),
  version: node => (dtypeOf(node.outputs[0]) === 'int16' ? 2 : 1),
  takes: { refuses: () => 'the quantized form is not computed with' },
})
