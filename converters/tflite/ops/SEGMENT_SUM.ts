import { unknownDim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { oneAxis, toInt64 } from '../kit/reduce.ts'
import { joinSegments } from '../kit/segment.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Data and the segment of each of its rows (int32), in order; the last row's segment is the last. */
export const SEGMENT_SUM: TfliteOperator = tfliteOperator({
  name: 'SEGMENT_SUM',
  options: 'SegmentSumOptions',
  infer(ctx) {
    const [shape, last] = [ctx.shape(0), ctx.constant(1)?.at(-1)]
    ctx.output(0, ctx.dtype(0), shape && [last === undefined ? unknownDim() : last + 1, ...shape.slice(1)])
  },
  decompose(b, node) {
    const [data, ids] = node.inputs as [Value, Value]
    const last = b.op('Gather', [toInt64(b, ids), b.ints([-1])])
    const joined = joinSegments(b, data, ids, b.op('Add', [oneAxis(b, last), b.ints([1])]), 'add')
    return joined && [joined]
  },
  takes: { dtypes: [['float32', 'int32'], ['int32']] },
})
