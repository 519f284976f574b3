import type { Value } from '../../../src/ir/model.ts'
import { toInt64 } from '../kit/reduce.ts'
import { updatedSlice } from '../kit/update-slice.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Data, what is put over a part of it, and where that begins. */
export const DYNAMIC_UPDATE_SLICE: TfliteOperator = tfliteOperator({
  name: 'DYNAMIC_UPDATE_SLICE',
  options: 'DynamicUpdateSliceOptions',
  infer(ctx) {
    const [shape, part] = [ctx.shape(0), ctx.shape(1)]
    if (shape && part && (part.length !== shape.length || part.some((d, i) => typeof d === 'number' && typeof shape[i] === 'number' && d > shape[i]))) ctx.fail(`[${part.join()}] into [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  decompose(b, node) {
    const [x, update, start] = node.inputs as [Value, Value, Value]
    const result = updatedSlice(b, x, update, toInt64(b, start))
    return result && [result]
  },
  version(node) {
    const dtype = dtypeOf(node.inputs[0])
    return dtype === 'bfloat16' ? 6 : dtype === 'int4' ? 5 : dtype === 'int16' ? 4 : dtype === 'float16' ? 3 : dtypeOf(node.inputs[2]) === 'int64' ? 2 : 1
  },
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'int8', 'uint8', 'int16', 'float16'], ['float32', 'int32', 'int64', 'bool', 'int8', 'uint8', 'int16', 'float16'], ['int32', 'int64']], maxRank: 8 },
})
