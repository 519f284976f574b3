import type { Value } from '../../../src/ir/model.ts'
import { noKernel } from '../kit/hlo.ts'
import { toInt64 } from '../kit/reduce.ts'
import { updatedSlice } from '../kit/update-slice.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** As DYNAMIC_UPDATE_SLICE, with an input for each index. */
export const STABLEHLO_DYNAMIC_UPDATE_SLICE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_DYNAMIC_UPDATE_SLICE',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const [x, update, ...starts] = node.inputs as [Value, Value, ...Value[]]
    const start = starts.length > 0 ? b.op('Concat', starts.map(v => b.op('Reshape', [toInt64(b, v), b.ints([1])])), { axis: 0 }) : b.ints([])
    const result = updatedSlice(b, x, update, start)
    return result && [result]
  },
  takes: noKernel,
})
