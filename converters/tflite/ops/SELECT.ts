import type { TfliteOperator } from '../operator.ts'
import { rankOf, tfliteOperator } from '../operator.ts'

/** Condition of the data's shape, or one flag for each slice of the first axis; what holds, what does not. */
export const SELECT: TfliteOperator = tfliteOperator({
  name: 'SELECT',
  options: 'SelectOptions',
  infer: ctx => ctx.output(0, ctx.dtype(1), ctx.shape(1)),
  decompose(b, node) {
    const [condition, data] = [rankOf(node.inputs[0]), rankOf(node.inputs[1])]
    if (condition === undefined || data === undefined) return undefined
    const wide = condition === 1 && data > 1 ? b.op('Unsqueeze', [node.inputs[0], b.ints(Array.from({ length: data - 1 }, (_, i) => i + 1))]) : node.inputs[0]
    return [b.op('Where', [wide, node.inputs[1], node.inputs[2]])]
  },
  takes: { dtypes: [['bool'], undefined] },
})
