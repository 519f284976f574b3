import type { Value } from '../../../src/ir/model.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** The sum of any number of inputs of one shape. */
export const ADD_N: TfliteOperator = tfliteOperator({
  name: 'ADD_N',
  options: 'AddNOptions',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose: (b, node) => [(node.inputs as Value[]).reduce((x, y) => b.op('Add', [x, y]))],
  takes: { dtypes: [['float32', 'int32']] },
})
