import { optionsOf } from '../kit/attributes.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Each entry of the batch axis is turned round up to its own length. */
export const REVERSE_SEQUENCE: TfliteOperator = tfliteOperator({
  name: 'REVERSE_SEQUENCE',
  options: 'ReverseSequenceOptions',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const a = optionsOf(node)
    return [b.op('ReverseSequence', [node.inputs[0], toInt64(b, node.inputs[1]!)], { time_axis: a.int('seq_dim', 0), batch_axis: a.int('batch_dim', 0) })]
  },
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int16'], ['int32', 'int64']] },
})
