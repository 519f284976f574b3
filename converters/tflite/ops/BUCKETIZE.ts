import type { Value } from '../../../src/ir/model.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** How many of the boundaries, which are in order, an element has reached. */
export const BUCKETIZE: TfliteOperator = tfliteOperator({
  name: 'BUCKETIZE',
  options: 'BucketizeOptions',
  infer: ctx => ctx.output(0, 'int32', ctx.shape(0)),
  decompose(b, node) {
    const x = node.inputs[0] as Value
    const wide = dtypeOf(x) === 'float64'
    const boundaries = b.floats(optionsOf(node).floats('boundaries') ?? [])
    const value = b.op('Unsqueeze', [wide || dtypeOf(x) === 'float32' ? x : b.op('Cast', [x], { to: 1 }), b.ints([-1])])
    const reached = b.op('Not', [b.op('Less', [value, wide ? b.op('Cast', [boundaries], { to: 11 }) : boundaries])])
    return [b.op('ReduceSum', [b.op('Cast', [reached], { to: 6 }), b.ints([-1])], { keepdims: false })]
  },
  takes: { dtypes: [['float32', 'float64', 'int32', 'int64']] },
})
