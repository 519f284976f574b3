import type { Value } from '../../../src/ir/model.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const operators: Readonly<Record<string, string>> = { EQ: 'Equal', NE: 'Equal', GE: 'GreaterOrEqual', GT: 'Greater', LE: 'LessOrEqual', LT: 'Less' }

/** Element by element. The total order of floats, which tells zeros and NaNs apart, has no form in ONNX. */
export const STABLEHLO_COMPARE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_COMPARE',
  options: 'StablehloCompareOptions',
  infer: ctx => ctx.output(0, 'bool', ctx.shape(0)),
  decompose(b, node) {
    const a = optionsOf(node)
    const direction = a.string('comparison_direction', 'STABLEHLO_COMPARISON_DIRECTION_EQ').split('_').at(-1)!
    const operator = operators[direction]
    if (operator === undefined || a.string('compare_type', '').endsWith('FLOAT_TOTAL_ORDER')) return undefined
    const result: Value = b.op(operator, node.inputs)
    return [direction === 'NE' ? b.op('Not', [result]) : result]
  },
  takes: noKernel,
})
