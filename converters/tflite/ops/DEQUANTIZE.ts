import { dequantized, notedGrains } from '../kit/grain.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator, versionBy } from '../operator.ts'

/** Real numbers out of integers with scales, or out of float16. */
export const DEQUANTIZE: TfliteOperator = tfliteOperator({
  name: 'DEQUANTIZE',
  options: 'DequantizeOptions',
  unpacks: true,
  infer: ctx => ctx.output(0, 'float32', ctx.shape(0)),
  decompose(b, node) {
    const from = notedGrains(node)?.inputs[0]
    const made = dtypeOf(node.inputs[0]) === 'float16' ? b.op('Cast', [node.inputs[0]], { to: 1 }) : from ? dequantized(b, node.inputs[0]!, from) : undefined
    return made && [made]
  },
  version: node => (dtypeOf(node.inputs[0]) !== 'int4' && (notedGrains(node)?.inputs[0]?.scale.length ?? 1) > 1 ? 5 : versionBy({ int8: 2, float16: 3, int16: 3, int4: 6 })(node)),
  takes: { dtypes: [['float16']] },
})
