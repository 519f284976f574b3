import { optionsOf } from '../kit/attributes.ts'
import { numbers } from '../kit/elementwise.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

export const CUMSUM: TfliteOperator = tfliteOperator({
  name: 'CUMSUM',
  options: 'CumsumOptions',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const a = optionsOf(node)
    return [b.op('CumSum', [node.inputs[0], toInt64(b, node.inputs[1]!)], { exclusive: a.int('exclusive', 0), reverse: a.int('reverse', 0) })]
  },
  takes: { dtypes: [numbers, ['int32']] },
})
